internal import Contracts
internal import Domain

/// A task that is not as it was at the last look.
struct TaskChange: Sendable {
  let task: String
  /// When it became what it is. A `forEach` task cannot tell, as it has no attempts of its own: it
  /// starts with the first of its instances and ends with the last.
  private let sinceUs: Int64?
  private let isEnd: Bool
  let document: Value

  init(_ view: TaskView) {
    let last = view.attempts.last
    task = view.task
    sinceUs = [
      last?.endedAtUs ?? last?.startedAtUs ?? last?.queuedAtUs, view.reason?.sinceUs,
    ].compactMap(\.self).max()
    isEnd = TaskOutcome(rawValue: view.state) != nil
    document = RunDocument.of(view)
  }

  /// The documents in the order in which the changes happened, names deciding between equals.
  static func inOrder(_ changes: [TaskChange]) -> [Value] {
    var spans: SortedMap<String, (first: Int64, last: Int64)> = [:]
    for change in changes {
      guard let bracket = change.task.firstIndex(of: "["), let since = change.sinceUs else {
        continue
      }
      let owner = String(change.task[..<bracket])
      let span = spans[owner] ?? (since, since)
      spans[owner] = (min(span.first, since), max(span.last, since))
    }
    let places = changes.enumerated().map { place, change in
      if let since = change.sinceUs { return (since, 0, place) }
      let span = spans[change.task]
      return change.isEnd ? (span?.last ?? .min, 1, place) : (span?.first ?? .max, -1, place)
    }
    return places.sorted { $0 < $1 }.map { changes[$0.2].document }
  }
}
