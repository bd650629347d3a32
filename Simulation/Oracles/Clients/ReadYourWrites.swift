internal import Domain

/// Who has started a run finds it.
public struct ReadYourWrites: Invariant {
  public static let name = InvariantName("S23b", "read-your-writes")
  public static let promise =
    "a run is found by everybody from the moment its start was acknowledged"
  public static let interest: Interest = [.asked, .answered]

  private var promised: SortedSet<String> = []
  /// Questions that were asked after the promise, by number.
  private var asked: SortedMap<Int, String> = [:]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    switch fact {
    case .asked(let call):
      if case .get(let run) = call.intent, promised.contains(run) { asked[call.number] = run }
    case .answered(let call, .answered(let status, let body, _)):
      if case .start = call.intent, (200..<300).contains(status),
        case .object(let members) = body, case .string(let run)? = members["id"]
      {
        promised.insert(run)
      }
      if let run = asked.removeValue(for: call.number) {
        judgement.require(status != 404, "\(run) was promised and was not found")
      }
    default: break
    }
  }
}
