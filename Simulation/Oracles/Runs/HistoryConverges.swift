internal import Contracts
internal import Domain

/// History tells what happened.
public struct HistoryConverges: Invariant {
  public static let name = InvariantName("L8a", "history-converges")
  public static let promise = "in the end history has every run, with the outcome that it had"
  public static let interest: Interest = [.runs, .archived]

  private var outcomes: SortedMap<String, String> = [:]
  private var archived: SortedMap<String, String> = [:]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    switch fact {
    case .committed(let commit):
      for change in commit.runs {
        if let run = change.after, run.phase == "ended" { outcomes[run.run] = run.outcome }
      }
    case .archived(let run, let state): archived[run] = state
    default: break
    }
  }

  public mutating func close(_ judgement: inout Judgement) {
    for (run, outcome) in outcomes {
      judgement.require(
        archived[run] == outcome,
        "\(run) was \(outcome), and history says \(archived[run] ?? "nothing")")
    }
  }
}
