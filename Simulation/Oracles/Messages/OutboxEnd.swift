internal import Contracts
internal import Ports

/// The end of a run and the word of it are one commit.
public struct OutboxEnd: Invariant {
  public static let name = InvariantName("S11a", "end-with-message")
  public static let promise = "the commit that ends a run holds the message that says so"
  public static let interest: Interest = [.runs]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for change in commit.runs {
      guard let run = change.after, run.phase == "ended", change.before?.phase != "ended" else {
        continue
      }
      let told = commit.messages.filter { $0.topic == "workflow.completed" && $0.key == run.run }
      judgement.require(told.count == 1, "\(run.run) ended with \(told.count) messages")
    }
  }
}
