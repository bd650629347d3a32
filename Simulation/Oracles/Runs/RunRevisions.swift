internal import Contracts

/// What readers order the states of a run by never goes back.
public struct RunRevisions: Invariant {
  public static let name = InvariantName("S7", "revisions-grow")
  public static let promise = "the revision of a run or task grows whenever its state changes"
  public static let interest: Interest = [.runs, .tasks]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for change in commit.runs {
      guard let before = change.before, let after = change.after else { continue }
      let isOther = before.phase != after.phase || before.outcome != after.outcome
      judgement.require(
        isOther ? after.revision > before.revision : after.revision >= before.revision,
        "\(after.run) went from revision \(before.revision) to \(after.revision)")
    }
    for change in commit.tasks {
      guard let before = change.before, let after = change.after else { continue }
      judgement.require(
        after.revision > before.revision,
        "\(after.place) went from revision \(before.revision) to \(after.revision)")
    }
  }
}
