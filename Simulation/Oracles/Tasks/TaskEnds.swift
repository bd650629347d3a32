internal import Contracts
internal import Domain

/// Nothing of a run goes on after its end.
public struct TaskEnds: Invariant {
  public static let name = InvariantName("S27", "nothing-left-over")
  public static let promise = "when a run ends all of its tasks have ended, and none begins later"
  public static let interest: Interest = [.runs, .tasks]

  private var open: SortedMap<String, SortedSet<String>> = [:]
  private var ended: SortedSet<String> = []

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for change in commit.tasks {
      guard let task = change.after else { continue }
      if task.phase == "ended" {
        open[task.run]?.remove(task.place)
      } else {
        open[task.run, default: []].insert(task.place)
        judgement.require(
          !ended.contains(task.run), "\(task.place) is \(task.phase) after the end of its run")
      }
    }
    for change in commit.runs {
      guard let run = change.after, run.phase == "ended" else { continue }
      ended.insert(run.run)
      let left = open.removeValue(for: run.run) ?? []
      judgement.require(left.isEmpty, "\(run.run) ended while \(left.members) had not")
    }
  }
}
