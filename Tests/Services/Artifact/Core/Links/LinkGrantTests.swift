import ArtifactCore
import Domain
import Testing

private let artifact = ArtifactID(SortableID(high: 1, low: 2))
private let now = Moment(microseconds: 1_000_000_500_000)

struct LinkGrantTests {
  @Test func `a link lives as long as was asked for and not a second longer`() {
    let grant = LinkGrant(method: .get, artifact: artifact, at: now, length: .seconds(60))
    #expect(grant.expiresAt == 1_000_061)
    #expect(grant.verdict(at: now, lengthMax: .seconds(60)) == .good)
    #expect(grant.verdict(at: now + .seconds(60), lengthMax: .seconds(60)) == .good)
    #expect(grant.verdict(at: now + .seconds(61), lengthMax: .seconds(60)) == .expired)
  }

  @Test func `a link that promises more than links may is refused`() {
    for expiresAt in [1_000_100, Int64.max] {
      let grant = LinkGrant(method: .get, artifact: artifact, expiresAt: expiresAt)
      #expect(grant.verdict(at: now, lengthMax: .seconds(60)) == .tooLong)
    }
    let old = LinkGrant(method: .get, artifact: artifact, expiresAt: .min)
    #expect(old.verdict(at: now, lengthMax: .seconds(60)) == .expired)
  }

  @Test func `method, artifact and end are all signed`() {
    let grant = LinkGrant(method: .get, artifact: artifact, expiresAt: 5)
    var others = [grant, grant, grant]
    others[0].method = .put
    others[1] = LinkGrant(
      method: .get, artifact: ArtifactID(SortableID(high: 1, low: 3)), expiresAt: 5)
    others[2].expiresAt = 6
    for other in others { #expect(other.signedText != grant.signedText) }
  }
}
