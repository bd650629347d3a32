internal import Contracts
internal import Domain

/// A task starts when what it needs is durable, and not before.
public struct TaskOrder: Invariant {
  public static let name = InvariantName("S6", "needs-first")
  public static let promise = "a task is offered only after all that it needs has ended as needed"
  public static let interest: Interest = [.runs, .tasks, .defined]

  private var shelf = DefinitionShelf()
  private var versions: SortedMap<String, String> = [:]
  /// Outcomes of tasks that are no instances, by place.
  private var outcomes: SortedMap<String, String> = [:]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    shelf.see(fact)
    guard case .committed(let commit) = fact else { return }
    for change in commit.runs {
      if let run = change.after { versions[run.run] = run.version }
    }
    for change in commit.tasks {
      guard let task = change.after, task.index < 0, task.phase == "ended" else { continue }
      outcomes[task.place] = task.outcome
    }
    for change in commit.tasks {
      guard let task = change.after, task.phase == "offered",
        task.fence > change.before?.fence ?? 0, let version = versions[task.run],
        let definition = shelf.task(task.name, of: version)
      else { continue }
      for need in definition.needs {
        let outcome = outcomes["\(task.run)/\(need.task)"]
        judgement.require(
          TaskOrder.isMet(need.outcome, by: outcome),
          "\(task.place) was offered while \(need.task), needed as \(need.outcome), was "
            + (outcome ?? "not over"))
      }
    }
  }

  private static func isMet(_ need: Need.Outcome, by outcome: String?) -> Bool {
    guard let outcome else { return false }
    switch need {
    case .success: return outcome == "succeeded"
    case .failed: return ["failed", "timedOut", "lost"].contains(outcome)
    case .done: return ["succeeded", "failed", "timedOut", "lost"].contains(outcome)
    case .any: return true
    }
  }
}
