internal import Contracts
internal import Domain

/// What was promised to a client is there, for ever.
public struct AcknowledgedStart: Invariant {
  public static let name = InvariantName("S3", "acknowledged-starts")
  public static let promise = "a run whose start was acknowledged exists, and runs to its end"
  public static let interest: Interest = [.requests, .runs, .answered]

  private var requested: SortedSet<String> = []
  private var ended: SortedSet<String> = []
  private var promised: SortedSet<String> = []

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    switch fact {
    case .committed(let commit):
      for case .request(let change) in commit.changes {
        if let request = change.after { requested.insert(request.run) }
      }
      for change in commit.runs {
        if let run = change.after, run.phase == "ended" { ended.insert(run.run) }
      }
    case .answered(let call, .answered(let status, let body, _)):
      guard case .start = call.intent, (200..<300).contains(status) else { return }
      guard case .object(let members) = body, case .string(let run)? = members["id"] else {
        return judgement.violated("the start \(call.number) was answered without an id")
      }
      promised.insert(run)
      judgement.require(requested.contains(run), "\(run) was promised and is not stored")
    default: break
    }
  }

  public mutating func close(_ judgement: inout Judgement) {
    for run in promised {
      judgement.require(ended.contains(run), "\(run) was promised and has not ended")
    }
  }
}
