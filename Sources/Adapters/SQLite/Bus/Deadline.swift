internal import Domain
internal import SystemAdapter

/// The end of a wait on the monotonic clock.
struct Deadline: Sendable {
  private let instant: Int64

  init(after length: Duration) {
    instant = monotonicMicroseconds().addingSaturated(length.wholeMicroseconds)
  }

  var isAhead: Bool { monotonicMicroseconds() < instant }

  var remaining: Duration {
    .microseconds(max(0, instant.subtractingSaturated(monotonicMicroseconds())))
  }
}
