internal import Contracts

/// A task that waits for its next attempt waits as long as it says.
public struct BackoffWait: Invariant {
  public static let name = InvariantName("S8c", "backoff-waits")
  public static let promise = "the next attempt comes no earlier than the wait before it says"
  public static let interest: Interest = [.tasks]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for change in commit.tasks {
      guard let before = change.before, before.phase == "backoff", let after = change.after,
        after.phase == "ready" || after.phase == "offered"
      else { continue }
      judgement.require(
        after.sinceUs >= before.untilUs,
        "\(after.place) was \(after.phase) \(before.untilUs - after.sinceUs) µs before its time")
    }
  }
}
