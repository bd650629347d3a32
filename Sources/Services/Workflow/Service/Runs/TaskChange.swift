internal import Contracts
internal import Domain

/// A task that is not as it was at the last look.
struct TaskChange: Sendable {
  let task: String
  /// When it became what it is, as far as it tells. A `forEach` task has no attempts of its own: it
  /// starts before its instances.
  private let sinceUs: Int64
  /// Of a `forEach` task, which ends with the last of its instances.
  private let isEndOfInstances: Bool
  let document: Value

  init(_ view: TaskView) {
    let last = view.attempts.last
    let times = [
      last?.endedAtUs ?? last?.startedAtUs ?? last?.queuedAtUs, view.reason?.sinceUs,
    ].compactMap(\.self)
    task = view.task
    sinceUs = times.max() ?? .min
    isEndOfInstances = times.isEmpty && TaskOutcome(rawValue: view.state) != nil
    document = RunDocument.of(view)
  }

  /// The documents in the order in which the changes happened, names deciding between equals.
  static func inOrder(_ changes: [TaskChange]) -> [Value] {
    var ends: SortedMap<String, Int64> = [:]
    for change in changes {
      guard let bracket = change.task.firstIndex(of: "[") else { continue }
      let owner = String(change.task[..<bracket])
      ends[owner] = max(ends[owner] ?? .min, change.sinceUs)
    }
    let places = changes.enumerated().map { place, change in
      change.isEndOfInstances
        ? (ends[change.task] ?? .min, 1, place) : (change.sinceUs, 0, place)
    }
    return places.sorted { $0 < $1 }.map { changes[$0.2].document }
  }
}
