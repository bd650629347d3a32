import Domain
import Testing
import WorkflowCore

struct IdempotencyTests {
  private static let day = Duration.seconds(24 * 3_600)

  private enum Age: CaseIterable {
    case unknown, fromTheFuture, new, lastMicrosecond, justOver, old

    var known: Moment? {
      switch self {
      case .unknown: nil
      case .fromTheFuture: now + .seconds(5)
      case .new: now
      case .lastMicrosecond: now - day + .microseconds(1)
      case .justOver: now - day
      case .old: now - day * 400
      }
    }
  }

  private static let now = Moment(microseconds: 1_800_000_000_000_000)

  /// Every age of what is known × the same request and another one.
  @Test func `a key answers for a day, to the same request only`() {
    for age in Age.allCases {
      for (digest, answer) in [("a", Idempotency.Decision.replay), ("b", .reused)] {
        let known = age.known.map { Idempotency.Known(requestDigest: "a", answeredAt: $0) }
        let decision = Idempotency.decide(known, requestDigest: digest, at: Self.now)
        switch age {
        case .unknown, .justOver, .old: #expect(decision == .proceed, "\(age) \(digest)")
        case .fromTheFuture, .new, .lastMicrosecond: #expect(decision == answer, "\(age) \(digest)")
        }
      }
    }
  }

  @Test func `instants at the ends of time neither trap nor replay for ever`() {
    let known = Idempotency.Known(
      requestDigest: "a", answeredAt: Moment(microseconds: .min))
    #expect(Idempotency.decide(known, requestDigest: "a", at: Self.now) == .proceed)
    let last = Idempotency.Known(requestDigest: "a", answeredAt: .distantFuture)
    #expect(Idempotency.decide(last, requestDigest: "a", at: Self.now) == .replay)
    #expect(Idempotency.decide(last, requestDigest: "a", at: .distantFuture) == .proceed)
  }
}
