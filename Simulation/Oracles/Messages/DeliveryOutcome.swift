internal import Contracts

/// What became of a message is told as it is.
public struct DeliveryOutcome: Invariant {
  public static let name = InvariantName("S19a", "deliveries-honest")
  public static let promise = "a message is called delivered only after its receiver said so"
  public static let interest: Interest = [.deliveries]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for case .delivery(let change) in commit.changes {
      guard let after = change.after, after.phase == "delivered",
        change.before?.phase != "delivered"
      else { continue }
      judgement.require(
        after.attempts.last?.result == "delivered",
        "\(after.delivery) is delivered after \(after.attempts.last?.result ?? "no attempt")")
    }
  }
}
