internal import Contracts

/// One outcome of each task, with what it gave.
public struct TaskOutcome: Invariant {
  public static let name = InvariantName("S2b", "one-task-outcome")
  public static let promise = "a task has one outcome, and its outputs never change"
  public static let interest: Interest = [.tasks]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for change in commit.tasks {
      guard let before = change.before, let after = change.after else { continue }
      let hadEnded = before.phase == "ended"
      judgement.require(
        !hadEnded || before.outcome == after.outcome,
        "\(after.place) was \(before.outcome) and is \(after.outcome)")
      judgement.require(
        !hadEnded || before.outputs == after.outputs,
        "the outputs of \(after.place) changed after its end")
    }
  }
}
