internal import Contracts
internal import Domain

/// Nothing is executed that was not leased, and nothing twice.
public struct ExecutionLease: Invariant {
  public static let name = InvariantName("S9b", "leased-first")
  public static let promise =
    "an attempt is executed at most once, by the worker that has its lease"
  public static let interest: Interest = [.leases, .executions]

  private var workers: SortedMap<String, String> = [:]
  private var executed: SortedSet<AttemptID> = []

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    switch fact {
    case .committed(let commit):
      for case .lease(let change) in commit.changes {
        if let lease = change.after { workers[lease.attempt] = lease.worker }
      }
    case .executionBegan(let execution):
      let attempt = execution.attempt
      judgement.require(executed.insert(attempt), "\(attempt) was executed twice")
      let worker = workers[attempt.description]
      judgement.require(
        worker.map { execution.process.hasPrefix($0 + "/") } == true,
        "\(attempt), leased by \(worker ?? "nobody"), runs in \(execution.process)")
    default: break
    }
  }
}
