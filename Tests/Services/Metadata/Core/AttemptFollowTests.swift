import Domain
import Testing

@testable import MetadataCore

@Suite struct AttemptFollowTests {
  @Test func `a new reader begins with the newest attempt and goes on with each that follows`() {
    var follow = AttemptFollow()
    #expect(follow.step(newest: Fence(0), hasEnded: false) == .lookAgain)
    #expect(follow.step(newest: Fence(2), hasEnded: false) == .read(Fence(2), from: 0))
    follow.wasRead()
    #expect(follow.step(newest: Fence(2), hasEnded: false) == .lookAgain)
    #expect(follow.step(newest: Fence(4), hasEnded: false) == .read(Fence(3), from: 0))
    follow.wasRead()
    #expect(follow.step(newest: Fence(4), hasEnded: true) == .read(Fence(4), from: 0))
    follow.wasRead()
    #expect(follow.step(newest: Fence(4), hasEnded: true) == .end)
  }

  @Test func `a reader that connects again goes on where it was`() {
    var follow = AttemptFollow(fence: Fence(1), from: 17)
    #expect(follow.step(newest: Fence(2), hasEnded: false) == .read(Fence(1), from: 17))
    follow.wasRead()
    #expect(follow.step(newest: Fence(2), hasEnded: false) == .read(Fence(2), from: 0))
  }

  @Test func `a task that ended without an attempt has no log`() {
    var follow = AttemptFollow()
    #expect(follow.step(newest: Fence(0), hasEnded: true) == .end)
  }
}
