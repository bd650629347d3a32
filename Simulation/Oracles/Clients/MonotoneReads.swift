internal import Domain

/// A client never sees a run go back.
public struct MonotoneReads: Invariant {
  public static let name = InvariantName("S23a", "reads-go-forward")
  public static let promise =
    "no client sees a run leave its end, or wait after it was seen running"
  public static let interest: Interest = [.answered]

  private struct Sight: Hashable, Comparable {
    var client: String
    var run: String

    static func < (left: Sight, right: Sight) -> Bool {
      (left.client, left.run) < (right.client, right.run)
    }
  }

  private var seen: SortedMap<Sight, String> = [:]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .answered(let call, .answered(200, let body, _)) = fact,
      case .get(let run) = call.intent, case .object(let members) = body,
      case .string(let state)? = members["state"]
    else { return }
    let sight = Sight(client: call.client, run: run)
    if let before = seen[sight] {
      let isBack =
        MonotoneReads.rank(state) < MonotoneReads.rank(before)
        || (MonotoneReads.rank(before) == 3 && state != before)
      judgement.require(!isBack, "\(call.client) saw \(run) \(before) and then \(state)")
    }
    seen[sight] = state
  }

  private static func rank(_ state: String) -> Int {
    switch state {
    case "queued": 0
    case "running", "paused", "waiting": 1
    case "cancelling", "stopping", "finishing": 1
    default: 3
    }
  }
}
