internal import Contracts
internal import Domain

/// Nothing runs that nobody asked for.
public struct RunCause: Invariant {
  public static let name = InvariantName("S4", "no-phantoms")
  public static let promise = "every run was asked for, and every task belongs to a run"
  public static let interest: Interest = [.requests, .runs, .tasks, .executions]

  private var asked: SortedSet<String> = []
  private var runs: SortedSet<String> = []

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    switch fact {
    case .committed(let commit):
      for case .request(let change) in commit.changes {
        if let after = change.after { asked.insert(after.run) }
      }
      for change in commit.runs {
        guard let after = change.after else { continue }
        if change.before == nil {
          judgement.require(asked.contains(after.run), "nobody asked for \(after.run)")
        }
        runs.insert(after.run)
      }
      for change in commit.tasks where change.before == nil {
        guard let after = change.after else { continue }
        judgement.require(runs.contains(after.run), "\(after.place) belongs to no run")
      }
    case .executionBegan(let execution):
      judgement.require(
        runs.contains(execution.attempt.run.text), "\(execution.attempt) runs for no run")
    default: break
    }
  }
}
