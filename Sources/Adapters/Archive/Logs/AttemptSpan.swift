internal import Domain
internal import Ports

/// Attempts that are neighbours in the tables of logs.
struct AttemptSpan: Hashable, Sendable {
  private let lower: RecordQuery.Bound
  private let upper: RecordQuery.Bound

  /// All of a run: they are named by it, and `0` comes right behind the slash.
  init(run: String) {
    lower = .including(.text(run + "/"))
    upper = .excluding(.text(run + "0"))
  }

  /// One alone.
  init(_ attempt: AttemptID) {
    lower = .including(.text(attempt.description))
    upper = lower
  }

  func query(_ table: String, limit: Int) -> RecordQuery {
    RecordQuery(table: table, lower: lower, upper: upper, limit: limit)
  }
}
