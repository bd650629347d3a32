internal import Contracts
internal import Domain

/// Whoever is to be told of ends learns of every one.
public struct EndsNoticed: Invariant {
  public static let name = InvariantName("L8b", "ends-noticed")
  public static let promise = "every end is worked out once, and those who want to be told are"
  public static let interest: Interest = [.notifiedEnds, .runs]

  private var ended: SortedSet<String> = []
  private var noticed: SortedMap<String, Int> = [:]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for change in commit.runs {
      if let run = change.after, run.phase == "ended" { ended.insert(run.run) }
    }
    for case .notifiedEnd(let change) in commit.changes {
      guard change.before == nil, let end = change.after else { continue }
      noticed[end.run, default: 0] += 1
      judgement.require(
        noticed[end.run] == 1 && ended.contains(end.run),
        "\(end.run) was noticed \(noticed[end.run] ?? 0) times")
      // Somebody wants to know of every end in every world, from before the first run on.
      judgement.require(end.messages > 0, "nobody is told that \(end.run) has ended")
    }
  }

  public mutating func close(_ judgement: inout Judgement) {
    for run in ended {
      judgement.require(noticed[run] != nil, "nobody was to learn that \(run) has ended")
    }
  }
}
