internal import Contracts
internal import Domain
internal import Ports
internal import Wire

/// What belongs to a namespace stays in it.
public struct RunTenant: Invariant {
  public static let name = InvariantName("S21", "tenants-apart")
  public static let promise = "a run keeps the namespace, workflow and version that were asked for"
  public static let interest: Interest = [.requests, .runs, .published]

  private struct Owner: Hashable {
    var namespace: String
    var workflow: String
    var version: String
  }

  private var owners: SortedMap<String, Owner> = [:]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    switch fact {
    case .committed(let commit):
      for case .request(let change) in commit.changes {
        guard let request = change.after else { continue }
        owners[request.run] = Owner(
          namespace: request.namespace, workflow: request.workflow, version: request.version)
      }
      for change in commit.runs {
        guard let run = change.after else { continue }
        check(
          run.run,
          Owner(namespace: run.namespace, workflow: run.workflow, version: run.version),
          &judgement)
      }
    case .published(let delivery) where delivery.record.topic == "workflow.completed":
      guard let end = try? WorkflowCompleted(decoding: delivery.record.value) else { return }
      check(
        end.run, Owner(namespace: end.namespace, workflow: end.workflow, version: end.version),
        &judgement)
    default: break
    }
  }

  private func check(_ run: String, _ found: Owner, _ judgement: inout Judgement) {
    guard let owner = owners[run] else { return }
    judgement.require(owner == found, "\(run) of \(owner) is said to be of \(found)")
  }
}
