internal import Contracts
internal import Domain

/// A run that stops or is paused starts nothing.
public struct NoStartAfterCancel: Invariant {
  public static let name = InvariantName("S13", "stopped-starts-nothing")
  public static let promise =
    "a run that is stopping or paused offers no task; one that finishes, only its last ones"

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
      switch run.phase {
      case "running":
        judgement.require(run.pause == nil, "\(task.place) was offered while its run is paused")
      case "finishing":
        let isLast = shelf[run.version]?.finally.contains { $0.name.text == task.name }
        judgement.require(isLast != false, "\(task.place) was offered while its run finishes")
      default:
        judgement.require(false, "\(task.place) was offered while its run is \(run.phase)")
      }
    }
  }
}
