internal import Contracts
internal import Domain

/// No task is tried more often than its author allowed, and no attempt counts twice.
public struct RetryBudget: Invariant {
  public static let name = InvariantName("S8b", "budgets-hold")
  public static let promise = "failed and lost attempts stay within their budgets, each its own"
  public static let interest: Interest = [.runs, .tasks, .defined]

  private var shelf = DefinitionShelf()
  private var versions: SortedMap<String, String> = [:]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    shelf.see(fact)
    guard case .committed(let commit) = fact else { return }
    for change in commit.runs {
      if let run = change.after { versions[run.run] = run.version }
    }
    for change in commit.tasks {
      guard let task = change.after, let version = versions[task.run],
        let policy = shelf.task(task.name, of: version)?.retry
      else { continue }
      let failed = task.attempts.filter { $0.end == "failed" || $0.end == "timedOut" }.count
      let lost = task.attempts.filter { $0.end == "lost" }.count
      judgement.require(
        failed <= RetryBudget.most(policy, lost: false),
        "\(task.place) failed \(failed) times")
      judgement.require(
        lost <= RetryBudget.most(policy, lost: true), "\(task.place) was lost \(lost) times")
      judgement.require(
        Int(task.failures) <= failed && Int(task.losses) <= lost,
        "\(task.place) counts \(task.failures) failures and \(task.losses) losses, where "
          + "\(failed) attempts failed and \(lost) were lost")
    }
  }

  /// The most that any rule of the policy allows.
  private static func most(_ policy: RetryPolicy, lost: Bool) -> Int {
    let rules = policy.rules.filter { ($0.trigger == .lost) == lost }.map(\.attemptsMax)
    return (rules + [lost ? 4 : policy.attemptsMax]).max() ?? 1
  }
}
