/// Who may not do something, or may no longer, does not do it.
public struct StrangersRefused: Invariant {
  public static let name = InvariantName("S20", "strangers-refused")
  public static let promise = "a request without the right to it is refused"
  public static let interest: Interest = [.answered]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .answered(let call, .answered(let status, _, _)) = fact, !call.isAllowed else {
      return
    }
    judgement.require(
      [401, 403, 404, 503].contains(status),
      "\(call.client) was answered \(call.method) \(call.path) with \(status)")
  }
}
