internal import Contracts
internal import Domain

/// Nobody gets two messages about one end.
public struct OneMessage: Invariant {
  public static let name = InvariantName("S19c", "one-message-each")
  public static let promise =
    "an end makes at most one message for each recipient, whatever is repeated"
  public static let interest: Interest = [.deliveries]

  private struct Recipient: Hashable, Comparable {
    var run: String
    var revision: Int64
    var subscription: String
    var mail: String

    static func < (left: Recipient, right: Recipient) -> Bool {
      (left.run, left.revision, left.subscription, left.mail)
        < (right.run, right.revision, right.subscription, right.mail)
    }
  }

  private var made: SortedMap<Recipient, String> = [:]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for case .delivery(let change) in commit.changes {
      guard change.before == nil, let after = change.after, let end = after.end else { continue }
      let recipient = Recipient(
        run: end.run, revision: end.revision, subscription: after.subscription, mail: after.mail)
      judgement.require(
        made[recipient] == nil,
        "\(end.run) made both \(made[recipient] ?? "") and \(after.delivery)")
      made[recipient] = after.delivery
    }
  }
}
