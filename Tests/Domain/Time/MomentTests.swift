import Domain
import Testing

@Suite struct MomentTests {
  @Test func `instants and lengths add up to the microsecond`() {
    let moment = Moment(microseconds: 1_700_000_000_000_001)
    #expect(moment + .seconds(1) == Moment(microseconds: 1_700_000_001_000_001))
    #expect(moment - .milliseconds(2) == Moment(microseconds: 1_699_999_999_998_001))
    #expect((moment + .seconds(3)) - moment == .seconds(3))
    #expect(moment - (moment + .seconds(3)) == .seconds(-3))
    #expect(moment + .nanoseconds(1_999) == Moment(microseconds: 1_700_000_000_000_002))
    #expect(Moment.start < moment && moment < .distantFuture)
  }

  @Test func `arithmetic stops at the ends of the range`() {
    let first = Moment(microseconds: .min)
    #expect(Moment.distantFuture + .seconds(1) == .distantFuture)
    #expect(first - .seconds(1) == first)
    #expect(Moment.start + .seconds(Int64.max) == .distantFuture)
    #expect(Moment.start + .seconds(Int64.min) == first)
    #expect(Moment.distantFuture - first == .microseconds(Int64.max))
    #expect(first - Moment.distantFuture == .microseconds(Int64.min))
  }

  @Test func `uptime has the same arithmetic`() {
    let instant = Uptime.start + .seconds(2)
    #expect(instant.microseconds == 2_000_000)
    #expect(instant - .start == .seconds(2))
    #expect(Uptime.start < instant)
    #expect(Uptime.distantFuture + .seconds(1) == .distantFuture)
  }

  @Test(arguments: [
    (Duration.zero, 0, 0), (.nanoseconds(1_999_999), 1_999, 1),
    (.nanoseconds(-1_999_999), -1_999, -1),
    (.seconds(86_400), 86_400_000_000, 86_400_000), (.seconds(-1), -1_000_000, -1_000),
    (.seconds(Int64.max), .max, .max), (.seconds(Int64.min), .min, .min),
    // Beyond the range in microseconds, within it in milliseconds.
    (.seconds(10_000_000_000_000), .max, 10_000_000_000_000_000),
    (.seconds(-10_000_000_000_000), .min, -10_000_000_000_000_000),
    (.microseconds(Int64.max), .max, 9_223_372_036_854_775),
    (.microseconds(Int64.min), .min, -9_223_372_036_854_775),
  ])
  func `lengths are cut towards zero and to the range`(
    length: Duration, microseconds: Int64, milliseconds: Int64
  ) {
    #expect(length.wholeMicroseconds == microseconds)
    #expect(length.wholeMilliseconds == milliseconds)
  }
}
