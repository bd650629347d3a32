import Domain
import IAMCore
import Testing

struct APITokenTests {
  private static let now = Moment(microseconds: 1_000_000_000_000)
  private static let pay = NamespaceName(unchecked: "pay")

  private func token(_ phase: APIToken.Phase, lastUsedAt: Moment? = nil) -> APIToken {
    APIToken(
      phase, expiresAt: APITokenTests.now + .seconds(10), lastUsedAt: lastUsedAt,
      limits: APIToken.Limits())
  }

  @Test func `a live token is accepted until it expires, and its use noted now and then`() {
    let now = APITokenTests.now
    var fresh = token(.live)
    #expect(fresh.apply(.presented, at: now) == [.accept, .noteUse])
    #expect(fresh.apply(.presented, at: now + .seconds(9)) == [.accept])
    #expect(fresh.lastUsedAt == now)
    #expect(fresh.apply(.presented, at: now + .seconds(10)) == [.refuse])
    var used = token(.live, lastUsedAt: now - .seconds(60))
    #expect(used.apply(.presented, at: now) == [.accept, .noteUse])
  }

  @Test func `it ends by withdrawal or time, stays ended, and is forgotten`() {
    let now = APITokenTests.now
    var withdrawn = token(.live)
    #expect(withdrawn.apply(.withdrawn, at: now) == [])
    #expect(withdrawn.phase == .ended(at: now))
    #expect(withdrawn.apply(.presented, at: now) == [.refuse])
    #expect(withdrawn.apply(.withdrawn, at: now) == [])
    #expect(withdrawn.apply(.timeReached, at: now) == [])
    #expect(withdrawn.apply(.timeReached, at: withdrawn.deadline) == [.forget])
    var expired = token(.live)
    #expect(expired.apply(.timeReached, at: now) == [])
    #expect(expired.phase == .live)
    #expect(expired.apply(.timeReached, at: now + .seconds(10)) == [])
    #expect(expired.phase == .ended(at: now + .seconds(10)))
  }

  /// T-TOK: a token never reaches further than its owner does at that moment.
  @Test func `a token reaches the part of its owner's reach that it was made for`() {
    let reach = Reach(
      RoleGrants(installation: .viewer, namespaces: [APITokenTests.pay: .runner]))
    #expect(reach.limited(to: nil, in: nil) == reach)
    let scoped = reach.limited(to: [.runRead, .runStart, .userEdit], in: nil)
    #expect(scoped.installation == [.runRead])
    #expect(scoped.namespaces == [APITokenTests.pay: [.runRead, .runStart]])
    let bound = reach.limited(to: [.runRead, .runStart], in: APITokenTests.pay)
    #expect(bound.installation.isEmpty)
    #expect(bound.namespaces == [APITokenTests.pay: [.runRead, .runStart]])
    let elsewhere = NamespaceName(unchecked: "pays")
    #expect(
      reach.limited(to: nil, in: elsewhere).namespaces == [elsewhere: Role.viewer.permissions])
    let nothing = Reach(RoleGrants()).limited(to: nil, in: APITokenTests.pay)
    #expect(nothing.namespaces.isEmpty && nothing.installation.isEmpty)
  }
}
