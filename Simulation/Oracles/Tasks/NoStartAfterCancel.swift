internal import Contracts
internal import Domain

/// A run that stops, is paused or has no permit starts nothing; its last tasks come last.
public struct NoStartAfterCancel: Invariant {
  public static let name = InvariantName("S13", "stopped-starts-nothing")
  public static let promise =
    "a run that is stopping, paused or without the permit that it needs offers no task; "
    + "its last ones are offered when it finishes, and nothing else then"
  public static let interest: Interest = [.runs, .tasks, .defined]

  private var shelf = DefinitionShelf()
  private var runs: SortedMap<String, RunRecord> = [:]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    shelf.see(fact)
    guard case .committed(let commit) = fact else { return }
    for change in commit.runs {
      if let run = change.after { runs[run.run] = run }
    }
    for change in commit.tasks {
      guard let task = change.after, task.phase == "offered",
        task.fence > change.before?.fence ?? 0, let run = runs[task.run]
      else { continue }
      let isLast = shelf[run.version]?.finally.contains { $0.name.text == task.name }
      switch run.phase {
      case "running":
        judgement.require(run.pause == nil, "\(task.place) was offered while its run is paused")
        judgement.require(
          run.permit?.phase != "asking", "\(task.place) was offered while its run wants a permit")
        judgement.require(
          isLast != true, "\(task.place) was offered before all others had ended")
      case "finishing":
        judgement.require(isLast != false, "\(task.place) was offered while its run finishes")
      default:
        judgement.require(false, "\(task.place) was offered while its run is \(run.phase)")
      }
    }
  }
}
