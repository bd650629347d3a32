internal import Domain

/// The order in which people read the tasks of a run: each after those that it needs, `finally` at
/// the end, the instances of a `forEach` below it. Among equals the order of the server stays.
enum TaskOrder {
  static func isInstance(_ task: Value) -> Bool { name(task).hasSuffix("]") }

  static func sorted(_ tasks: [Value]) -> [Value] {
    let instances = Dictionary(grouping: tasks.filter(isInstance), by: owner)
      .mapValues { $0.sorted { index($0) < index($1) } }
    let whole = tasks.filter { !isInstance($0) }
    let isFinal = { (task: Value) in task["finally"] == .boolean(true) }
    return (waves(whole.filter { !isFinal($0) }) + waves(whole.filter(isFinal)))
      .flatMap { [$0] + (instances[name($0)] ?? []) }
  }

  /// Wave by wave of tasks whose needs are in earlier ones; what is left goes in a circle and comes
  /// as it stands.
  private static func waves(_ tasks: [Value]) -> [Value] {
    var places: [String: Int] = [:]
    for (place, task) in tasks.enumerated() { places[name(task)] = place }
    var dependants = [[Int]](repeating: [], count: tasks.count)
    var missing = [Int](repeating: 0, count: tasks.count)
    for (place, task) in tasks.enumerated() {
      for need in (task["needs"]?.items ?? []).compactMap({ $0.string.flatMap { places[$0] } }) {
        dependants[need].append(place)
        missing[place] += 1
      }
    }
    var sorted: [Int] = []
    var wave = missing.indices.filter { missing[$0] == 0 }
    while !wave.isEmpty {
      sorted += wave
      var next: [Int] = []
      for dependant in wave.flatMap({ dependants[$0] }) {
        missing[dependant] -= 1
        if missing[dependant] == 0 { next.append(dependant) }
      }
      wave = next.sorted()
    }
    sorted += missing.indices.filter { missing[$0] > 0 }
    return sorted.map { tasks[$0] }
  }

  private static func name(_ task: Value) -> String { task["task"]?.string ?? "" }

  /// The task that an instance belongs to.
  static func owner(_ task: Value) -> String {
    String(name(task).prefix { $0 != "[" })
  }

  private static func index(_ task: Value) -> Int {
    Int(name(task).drop { $0 != "[" }.dropFirst().dropLast()) ?? .max
  }
}
