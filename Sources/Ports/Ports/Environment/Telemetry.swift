/// Where a service says what it does: structured log lines, counters, measurements and spans.
///
/// Never blocks, never throws, never changes what the service does. Field values must not be
/// secrets.
public protocol Telemetry: Sendable {
  func log(_ level: LogLevel, _ event: String, _ fields: [(String, String)])
  /// Adds to a counter. Labels have few values: no ids.
  func count(_ name: String, _ amount: Int, _ labels: [(String, String)])
  /// Records a length of time in a histogram.
  func measure(_ name: String, _ length: Duration, _ labels: [(String, String)])
  /// Says what a quantity is now; nil when there is none any more.
  func gauge(_ name: String, _ value: GaugeValue?, _ labels: [(String, String)])
  /// Takes a step of a trace that is over. One that is not sampled is passed over.
  func record(_ span: TraceSpan)
}

/// A quantity that goes up and down.
public enum GaugeValue: Hashable, Sendable {
  case number(Int)
  case length(Duration)
}

/// From the least important to the most important.
public enum LogLevel: String, Hashable, Sendable, CaseIterable, Comparable {
  case debug, info, warning, error

  private var rank: Int {
    switch self {
    case .debug: 0
    case .info: 1
    case .warning: 2
    case .error: 3
    }
  }

  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
}
