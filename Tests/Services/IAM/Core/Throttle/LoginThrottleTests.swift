import Domain
import IAMCore
import Testing

struct LoginThrottleTests {
  private static let now = Moment(microseconds: 1_000_000_000_000)
  private static let limits = LoginThrottle.Limits.account

  private func throttle(_ failures: Int, last: Moment = now) -> LoginThrottle {
    LoginThrottle(.counting(failures: failures, last: last), limits: LoginThrottleTests.limits)
  }

  /// Every phase with every event.
  @Test func `a sweep of phases and events does what the table says`() {
    let now = LoginThrottleTests.now
    var calm = LoginThrottle(limits: LoginThrottleTests.limits)
    #expect(calm.apply(.succeeded, at: now) == [])
    #expect(calm.apply(.timeReached, at: now) == [])
    #expect(calm.apply(.returned, at: now) == [])
    #expect(calm.phase == .calm)
    #expect(calm.apply(.attempted, at: now) == [.allow])
    #expect(calm.phase == .counting(failures: 1, last: now))
    var counting = throttle(5)
    #expect(counting.apply(.attempted, at: now) == [.refuse(until: now + .seconds(1))])
    #expect(counting.phase == .counting(failures: 5, last: now))
    #expect(counting.apply(.timeReached, at: now) == [])
    #expect(counting.apply(.attempted, at: now + .seconds(1)) == [.allow])
    #expect(counting.phase == .counting(failures: 6, last: now + .seconds(1)))
    #expect(counting.apply(.succeeded, at: now) == [])
    #expect(counting.phase == .calm)
    var returned = throttle(2)
    #expect(returned.apply(.returned, at: now) == [])
    #expect(returned.phase == .counting(failures: 1, last: now))
    #expect(returned.apply(.returned, at: now) == [])
    #expect(returned.phase == .calm)
    var old = throttle(50)
    #expect(old.apply(.timeReached, at: now + .seconds(24 * 3_600)) == [])
    #expect(old.phase == .calm)
  }

  @Test(arguments: [
    (1, 0), (4, 0), (5, 1), (6, 2), (7, 4), (14, 512), (15, 900), (99, 900), (100, 3_600),
    (10_000, 3_600),
  ])
  func `delays double up to their bounds`(failures: Int, seconds: Int) {
    var throttle = throttle(failures)
    let due = LoginThrottleTests.now + .seconds(seconds)
    if seconds > 0 {
      #expect(throttle.apply(.attempted, at: due - .microseconds(1)) == [.refuse(until: due)])
    }
    #expect(throttle.apply(.attempted, at: due) == [.allow])
  }

  /// T-BRUTE: what a guesser who never rests gets done.
  @Test func `ten thousand guesses in an hour reach the hasher a few times`() {
    var throttle = LoginThrottle(limits: LoginThrottleTests.limits)
    var (now, allowed) = (LoginThrottleTests.now, 0)
    for _ in 0..<10_000 {
      if throttle.apply(.attempted, at: now) == [.allow] { allowed += 1 }
      now = now + .milliseconds(360)
    }
    #expect((5...100).contains(allowed))
  }

  @Test func `a clock that was far ahead locks nobody out`() {
    var throttle = throttle(50, last: LoginThrottleTests.now + .seconds(10 * 24 * 3_600))
    #expect(throttle.apply(.attempted, at: LoginThrottleTests.now) == [.allow])
  }

  @Test func `clocks that differ a little are no way around a delay`() {
    var throttle = throttle(10, last: LoginThrottleTests.now + .seconds(30))
    #expect(throttle.apply(.attempted, at: LoginThrottleTests.now) != [.allow])
  }
}
