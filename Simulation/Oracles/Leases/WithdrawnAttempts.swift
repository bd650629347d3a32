internal import Contracts
internal import Domain

/// What was taken back before anybody had it is had by nobody.
public struct WithdrawnAttempts: Invariant {
  public static let name = InvariantName("S13b", "withdrawn-never-runs")
  public static let promise = "an attempt that counts as withdrawn was never executed and never is"
  public static let interest: Interest = [.tasks, .executions]

  private var executed: SortedSet<AttemptID> = []
  private var withdrawn: SortedSet<AttemptID> = []

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    switch fact {
    case .executionBegan(let seen):
      executed.insert(seen.attempt)
      judgement.require(
        !withdrawn.contains(seen.attempt), "\(seen.attempt) was withdrawn, and is executed")
    case .committed(let commit):
      for change in commit.tasks {
        guard let task = change.after, let last = task.attempts.last, last.end == "withdrawn",
          let attempt = task.attempt(last.fence)
        else { continue }
        withdrawn.insert(attempt)
        judgement.require(
          !executed.contains(attempt), "\(attempt) counts as withdrawn, and was executed")
      }
    default: break
    }
  }
}
