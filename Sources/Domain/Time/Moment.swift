/// A point in wall-clock time: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// It is what a clock of one process said, never an order between processes. Arithmetic saturates
/// at the ends of the range instead of trapping, since instants arrive from outside.
public struct Moment: Hashable, Comparable, Sendable {
  public var microseconds: Int64

  public init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  /// 1970-01-01T00:00:00Z.
  public static let start = Moment(microseconds: 0)
  /// Later than every real instant.
  public static let distantFuture = Moment(microseconds: .max)

  public static func < (left: Moment, right: Moment) -> Bool {
    left.microseconds < right.microseconds
  }

  public static func + (moment: Moment, length: Duration) -> Moment {
    Moment(microseconds: moment.microseconds.addingSaturated(length.wholeMicroseconds))
  }

  public static func - (moment: Moment, length: Duration) -> Moment {
    Moment(microseconds: moment.microseconds.subtractingSaturated(length.wholeMicroseconds))
  }

  /// The length from `earlier` to `later`; negative when they are the other way round.
  public static func - (later: Moment, earlier: Moment) -> Duration {
    .microseconds(later.microseconds.subtractingSaturated(earlier.microseconds))
  }
}

/// A point on the monotonic clock of one process incarnation: microseconds since it started.
///
/// Only instants of the same process can be compared; it is never stored and never sent.
public struct Uptime: Hashable, Comparable, Sendable {
  public var microseconds: Int64

  public init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  public static let start = Uptime(microseconds: 0)
  public static let distantFuture = Uptime(microseconds: .max)

  public static func < (left: Uptime, right: Uptime) -> Bool {
    left.microseconds < right.microseconds
  }

  public static func + (instant: Uptime, length: Duration) -> Uptime {
    Uptime(microseconds: instant.microseconds.addingSaturated(length.wholeMicroseconds))
  }

  public static func - (later: Uptime, earlier: Uptime) -> Duration {
    .microseconds(later.microseconds.subtractingSaturated(earlier.microseconds))
  }
}

extension Duration {
  /// The length in microseconds, rounded towards zero, saturated at the range of `Int64`.
  public var wholeMicroseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    return scaled.addingSaturated(attoseconds / 1_000_000_000_000)
  }

  /// The length in milliseconds, rounded towards zero, saturated at the range of `Int64`.
  public var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
    if overflow { return seconds < 0 ? .min : .max }
    return scaled.addingSaturated(attoseconds / 1_000_000_000_000_000)
  }
}

extension Int64 {
  /// The sum, or the end of the range it passed.
  public func addingSaturated(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }

  /// The difference, or the end of the range it passed.
  public func subtractingSaturated(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other < 0 ? .max : .min) : difference
  }
}
