import Domain
import IAMCore
import Testing

struct SignInTests {
  private static let start = Moment(microseconds: 1_000_000_000)
  private static let limits = SignIn.Limits()
  private static let soon = start + .seconds(5)

  private func signIn(_ phase: SignIn.Phase) -> SignIn {
    SignIn(phase, startedAt: SignInTests.start, limits: SignInTests.limits)
  }

  private static let live = SignIn.Phase.live(generation: 3, rotatedAt: start)

  @Test(arguments: [
    (SignIn.Event.presented(generation: 3), [SignIn.Effect.issue(generation: 4)]),
    (.presented(generation: 2), [.repeated(generation: 3)]),
    (.presented(generation: 1), [.end(.reused), .refuse(.reused)]),
    (.presented(generation: 0), [.end(.reused), .refuse(.reused)]),
    (.presented(generation: 4), [.end(.reused), .refuse(.reused)]),
    (.signedOut, [.end(.signedOut)]), (.revoked, [.end(.revoked)]), (.timeReached, []),
  ])
  func `a live chain answers every event`(event: SignIn.Event, effects: [SignIn.Effect]) {
    var signIn = signIn(SignInTests.live)
    #expect(signIn.apply(event, at: SignInTests.soon) == effects)
    #expect(signIn.isLive == !effects.contains { if case .end = $0 { true } else { false } })
  }

  @Test(arguments: SignIn.End.allCases)
  func `an ended chain stays as it is, and is forgotten in time`(end: SignIn.End) {
    let phase = SignIn.Phase.ended(end, at: SignInTests.start)
    for event in [
      SignIn.Event.presented(generation: 3), .presented(generation: 2), .signedOut, .revoked,
      .timeReached,
    ] {
      var signIn = signIn(phase)
      let effects = signIn.apply(event, at: SignInTests.soon)
      if case .presented = event {
        #expect(effects == [.refuse(end)])
      } else {
        #expect(effects == [])
      }
      #expect(signIn.phase == phase)
    }
    var signIn = signIn(phase)
    #expect(signIn.deadline == SignInTests.start + SignInTests.limits.keptFor)
    #expect(signIn.apply(.timeReached, at: signIn.deadline) == [.forget])
  }

  @Test func `a spent token is betrayed when its short while is over`() {
    var signIn = signIn(SignInTests.live)
    let edge = SignInTests.start + SignInTests.limits.retryWithin
    var other = signIn
    #expect(signIn.apply(.presented(generation: 2), at: edge) == [.repeated(generation: 3)])
    #expect(
      other.apply(.presented(generation: 2), at: edge + .microseconds(1))
        == [.end(.reused), .refuse(.reused)])
  }

  @Test func `it ends when idle, and at the end of its life however busy`() {
    var idle = signIn(.live(generation: 0, rotatedAt: SignInTests.start))
    let idleEnd = SignInTests.start + SignInTests.limits.idleMax
    #expect(idle.deadline == idleEnd)
    #expect(
      idle.apply(.presented(generation: 0), at: idleEnd) == [.end(.expired), .refuse(.expired)])
    let end = SignInTests.start + SignInTests.limits.lifeMax
    var busy = signIn(.live(generation: 90, rotatedAt: end - .seconds(1)))
    #expect(busy.deadline == end)
    #expect(busy.apply(.timeReached, at: end) == [.end(.expired)])
  }

  /// T-REUSE. Goal: however refreshing, lost answers and theft interleave, the owner is never
  /// logged out by a lost answer alone, and once owner and thief have both gone on, the chain is
  /// over.
  /// Method: a random walk of both against a model that only remembers who holds which token.
  @Test(arguments: UInt64(1)...50)
  func `theft ends the chain and lost answers do not`(seed: UInt64) {
    var random = Walk(seed: seed)
    var signIn = SignIn(startedAt: SignInTests.start, limits: SignInTests.limits)
    var now = SignInTests.start
    var (owner, thief): (Int, Int?) = (0, nil)
    let isStolen = seed % 2 == 0
    for step in 0..<200 where signIn.isLive {
      if isStolen, step == 20 { thief = owner }
      let isThief = thief != nil && random.below(2) == 0
      let held = isThief ? thief ?? 0 : owner
      for effect in signIn.apply(.presented(generation: held), at: now) {
        switch effect {
        case .issue(let next), .repeated(let next):
          // One answer in four is lost: its holder shows the same token again soon.
          if random.below(4) == 0 { break }
          if isThief { thief = next } else { owner = next }
        case .end, .refuse, .forget: break
        }
      }
      let isLost = !isThief && held == owner && signIn.isLive
      now = now + (isLost ? .seconds(1) : .seconds(60 + Int64(random.below(600))))
    }
    #expect(signIn.isLive == !isStolen)
  }
}
