internal import Contracts
internal import Domain

/// Only declared changes of a run's phase; what has ended stays as it is.
public struct RunPhases: Invariant {
  public static let name = InvariantName("S1a", "run-phases")
  public static let promise = "a run goes through declared phases only, and its end is final"
  public static let interest: Interest = [.runs]

  private static let following: SortedMap<String, SortedSet<String>> = [
    "running": ["running", "stopping", "finishing", "quarantined", "ended"],
    "stopping": ["stopping", "finishing", "quarantined", "ended"],
    "finishing": ["stopping", "finishing", "quarantined", "ended"],
    "quarantined": ["stopping", "quarantined", "ended"],
    "ended": ["ended"],
  ]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for change in commit.runs {
      guard let before = change.before else { continue }
      guard let after = change.after else {
        judgement.violated("\(before.run) was deleted")
        continue
      }
      let allowed = RunPhases.following[before.phase]
      judgement.require(
        allowed?.contains(after.phase) == true,
        "\(after.run) went from \(before.phase) to \(after.phase)")
    }
  }
}
