internal import Domain

/// A service that cannot answer says that it cannot, and never that it is broken.
public struct ServerErrors: Invariant {
  public static let name = InvariantName("S28", "no-server-errors")
  public static let promise = "no request is answered with a server error other than 503 and 504"
  public static let interest: Interest = [.answered]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .answered(let call, .answered(let status, let body, _)) = fact else { return }
    judgement.require(
      status < 500 || status == 503 || status == 504,
      "\(call.method) \(call.path) was answered with \(status): \(body.json)")
  }
}
