internal import Contracts
internal import Domain

/// A request that is repeated makes one run.
public struct SameKeySameRun: Invariant {
  public static let name = InvariantName("S5", "one-run-per-key")
  public static let promise =
    "requests with one idempotency key make one run, whatever their answers were"
  public static let interest: Interest = [.requests, .answered]

  /// The label by which the workload tells its requests apart.
  public static let label = "request"

  private var runs: SortedMap<String, String> = [:]
  private var answers: SortedMap<String, String> = [:]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    switch fact {
    case .committed(let commit):
      for case .request(let change) in commit.changes {
        guard change.before == nil, let request = change.after,
          let key = request.labels[SameKeySameRun.label]
        else { continue }
        judgement.require(
          runs[key] == nil, "\(key) made both \(runs[key] ?? "") and \(request.run)")
        runs[key] = request.run
      }
    case .answered(let call, .answered(let status, let body, _)):
      guard case .start = call.intent, (200..<300).contains(status),
        let key = call.idempotencyKey, case .object(let members) = body,
        case .string(let run)? = members["id"]
      else { return }
      let known = answers[key] ?? runs[key] ?? run
      judgement.require(known == run, "\(key) was answered with \(known) and with \(run)")
      answers[key] = run
    default: break
    }
  }
}
