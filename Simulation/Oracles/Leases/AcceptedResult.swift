internal import Contracts
internal import Domain
internal import Ports

/// A success is believed only when it happened, and once.
public struct AcceptedResult: Invariant {
  public static let name = InvariantName("S10", "true-successes")
  public static let promise =
    "an attempt counts as succeeded only if it was executed and succeeded, one for each task"
  public static let interest: Interest = [.tasks, .executions]

  private var succeeded: SortedSet<String> = []

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    switch fact {
    case .executionEnded(let execution):
      if case .succeeded? = execution.result { succeeded.insert(execution.attempt.description) }
    case .committed(let commit):
      for change in commit.tasks {
        guard let task = change.after, task.phase == "ended", change.before?.phase != "ended",
          let run = RunID(text: task.run), let name = TaskName(task.name)
        else { continue }
        let key = TaskKey(name, index: task.index < 0 ? nil : Int(clamping: task.index))
        let good = task.attempts.filter { $0.end == "succeeded" }
        judgement.require(good.count <= 1, "\(task.place) succeeded \(good.count) times")
        for attempt in good {
          let id = AttemptID(run: run, task: key, fence: Fence(Int(clamping: attempt.fence)))
          judgement.require(
            succeeded.contains(id.description), "\(id) counts as succeeded and did not succeed")
        }
      }
    default: break
    }
  }
}
