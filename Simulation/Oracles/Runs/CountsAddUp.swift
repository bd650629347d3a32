internal import Contracts
internal import Domain

/// Nothing is in two places, and nothing is lost.
public struct CountsAddUp: Invariant {
  public static let name = InvariantName("S16", "counts-add-up")
  public static let promise =
    "when a run ends its counts name every task of its definition once, in a state that is final"
  public static let interest: Interest = [.runs, .defined]

  private static let final = SortedSet([
    "succeeded", "failed", "timedOut", "lost", "cancelled", "skipped",
  ])

  private var shelf = DefinitionShelf()

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    shelf.see(fact)
    guard case .committed(let commit) = fact else { return }
    for change in commit.runs {
      guard let run = change.after, run.phase == "ended",
        let definition = shelf[run.version]
      else { continue }
      let tasks = definition.tasks.count + definition.finally.count
      let counted = run.counts.values.reduce(0, +)
      judgement.require(
        counted == Int64(tasks), "\(run.run) ended with \(counted) of \(tasks) tasks counted")
      for (state, count) in run.counts where count > 0 {
        judgement.require(
          CountsAddUp.final.contains(state), "\(run.run) ended with \(count) tasks \(state)")
      }
    }
  }
}
