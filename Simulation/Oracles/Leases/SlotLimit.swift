internal import Contracts
internal import Domain

/// A worker runs no more at once than it has slots.
public struct SlotLimit: Invariant {
  public static let name = InvariantName("S26", "slots-hold")
  public static let promise = "a worker runs no more attempts at once than its session has slots"
  public static let interest: Interest = [.sessions, .executions]

  private var slots: SortedMap<String, Int> = [:]
  private var running: SortedMap<String, SortedSet<Int>> = [:]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    switch fact {
    case .committed(let commit):
      for case .session(let change) in commit.changes {
        if let session = change.after { slots[session.worker] = Int(session.slots) }
      }
    case .executionBegan(let execution):
      running[execution.process, default: []].insert(execution.number)
      let worker = String(execution.process.prefix { $0 != "/" })
      let count = running[execution.process]?.count ?? 0
      judgement.require(
        count <= slots[worker] ?? 0, "\(execution.process) runs \(count) attempts at once")
    case .executionEnded(let execution):
      running[execution.process]?.remove(execution.number)
    default: break
    }
  }
}
