internal import Contracts
internal import Domain
internal import Ports
internal import Wire

/// Exactly one outcome of each run, in the store and in everything that is said of it.
public struct RunOutcome: Invariant {
  public static let name = InvariantName("S2a", "one-run-outcome")
  public static let promise = "a run has one outcome, and everybody is told the same"
  public static let interest: Interest = [.runs, .published]

  private var outcomes: SortedMap<String, String> = [:]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    switch fact {
    case .committed(let commit):
      for change in commit.runs {
        guard let after = change.after, after.phase == "ended" else { continue }
        if let known = outcomes[after.run] {
          judgement.require(
            known == after.outcome, "\(after.run) was \(known) and is \(after.outcome)")
        }
        judgement.require(!after.outcome.isEmpty, "\(after.run) ended without an outcome")
        outcomes[after.run] = after.outcome
      }
    case .published(let delivery) where delivery.record.topic == "workflow.completed":
      guard let message = try? WorkflowCompleted(decoding: delivery.record.value) else {
        return judgement.violated("an end was published that nobody can read")
      }
      let stored = outcomes[message.run]
      judgement.require(
        stored == message.outcome,
        "\(message.run) is \(stored ?? "not over") and \(message.outcome) was published")
    default: break
    }
  }
}
