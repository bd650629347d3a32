/// What is measured, by its name on the command line and in the output.
enum Workload: Hashable, Sendable {
  /// The scheduler's core alone.
  case core(tasks: Int)
  /// The scheduler's decisions on the embedded store in a file, with fsync.
  case store(tasks: Int)
  /// One run of tasks that need nothing, over HTTP.
  case fan(tasks: Int, inFile: Bool)
  /// Runs of tasks one after the other.
  case chain(inFile: Bool)
  /// Many runs of one task at once.
  case many(inFile: Bool)
  /// From the submission of a run to the start of its task.
  case submit(inFile: Bool)
  /// Pages of lists and searches among many definitions and runs, in a file.
  case search(runs: Int)
  /// From a task that prints a line to a follower that sees it.
  case tail(inFile: Bool)

  static let all: [Workload] =
    [.core(tasks: 1_000), .core(tasks: 10_000), .store(tasks: 1_000), .store(tasks: 10_000)]
    + [false, true].flatMap { inFile in
      [
        .fan(tasks: 1_000, inFile: inFile), .fan(tasks: 10_000, inFile: inFile),
        .chain(inFile: inFile), .many(inFile: inFile), .submit(inFile: inFile),
        .tail(inFile: inFile),
      ]
    } + [.search(runs: 100_000)]

  /// Too long for every day: measured when they are named.
  static let onRequest: [Workload] = [.search(runs: 1_000_000)]

  static let chainLength = 50
  static let chains = 10
  static let manyRuns = 500
  static let submissions = 100
  static let definitionsKept = 10_000
  static let linesFollowed = 200

  /// Short ones are measured more than once, and the median counts.
  static func rounds(tasks: Int) -> Int { tasks < 10_000 ? 5 : 1 }

  var name: String {
    func named(_ name: String, _ inFile: Bool) -> String { inFile ? name + "-file" : name }
    return switch self {
    case .core(let tasks): "W0-core-\(tasks)"
    case .store(let tasks): "W0-store-\(tasks)"
    case .fan(let tasks, let inFile): named("W1-\(tasks)", inFile)
    case .chain(let inFile): named("W2", inFile)
    case .many(let inFile): named("W3-\(Workload.manyRuns)", inFile)
    case .submit(let inFile): named("W4", inFile)
    case .search(let runs): runs == 100_000 ? "W6" : "W6-\(runs)"
    case .tail(let inFile): named("W7", inFile)
    }
  }

  var isInFile: Bool {
    switch self {
    case .core: false
    case .store, .search: true
    case .fan(_, let inFile), .chain(let inFile), .many(let inFile), .submit(let inFile),
      .tail(let inFile):
      inFile
    }
  }

  /// Those with the name, or all of the family that is named, as `W1` or `W0-store`.
  static func named(_ name: String) -> [Workload] {
    let exact = (all + onRequest).filter { $0.name == name }
    return exact.isEmpty ? all.filter { $0.name.hasPrefix(name + "-") } : exact
  }
}
