/// Where a service says what it does: structured log lines, counters and measurements.
///
/// Never blocks, never throws, never changes what the service does. Field values must not be
/// secrets.
public protocol Telemetry: Sendable {
  func log(_ level: LogLevel, _ event: String, _ fields: [(String, String)])
  /// Adds to a counter. Labels have few values: no ids.
  func count(_ name: String, _ amount: Int, _ labels: [(String, String)])
  /// Records a length of time in a histogram.
  func measure(_ name: String, _ length: Duration, _ labels: [(String, String)])
}

public enum LogLevel: String, Hashable, Sendable, CaseIterable {
  case debug, info, warning, error
}
