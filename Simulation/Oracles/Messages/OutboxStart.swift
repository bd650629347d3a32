internal import Contracts
internal import Ports

/// A request for a run and the word of it are one commit.
public struct OutboxStart: Invariant {
  public static let name = InvariantName("S11b", "start-with-message")
  public static let promise =
    "the commit that takes a request for a run holds the message that starts it"
  public static let interest: Interest = [.requests]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for case .request(let change) in commit.changes {
      guard change.before == nil, let request = change.after else { continue }
      let told = commit.messages.filter {
        $0.topic == "workflow.started" && $0.key == request.run
      }
      judgement.require(told.count == 1, "\(request.run) was taken with \(told.count) messages")
    }
  }
}
