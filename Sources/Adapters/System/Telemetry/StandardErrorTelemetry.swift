internal import Domain
public import Ports

/// One JSON object per line on standard error: `ts`, `level`, `msg`, then the fields in order.
///
/// Never waits for the reader: lines that a full pipe does not take are kept up to a limit and
/// dropped beyond it; the next line that fits says how many. Counters and measurements are lines of
/// level `debug`.
public final class StandardErrorTelemetry: Telemetry {
  private let level: LogLevel
  private let writer: LineWriter

  /// - Parameters:
  ///   - level: the least important level that is written.
  ///   - descriptor: where to, for tests.
  public init(
    level: LogLevel = .info, descriptor: Int32 = 2, backlogBytesMax: Int = 262_144
  ) {
    self.level = level
    writer = LineWriter(to: descriptor, backlogBytesMax: backlogBytesMax)
  }

  public func log(_ level: LogLevel, _ event: String, _ fields: [(String, String)]) {
    guard level.rank >= self.level.rank else { return }
    write(level, event, fields)
  }

  public func count(_ name: String, _ amount: Int, _ labels: [(String, String)]) {
    guard level == .debug else { return }
    write(.debug, "counted", [("counter", name), ("amount", String(amount))] + labels)
  }

  public func measure(_ name: String, _ length: Duration, _ labels: [(String, String)]) {
    guard level == .debug else { return }
    let microseconds = String(length.wholeMicroseconds)
    write(.debug, "measured", [("histogram", name), ("microseconds", microseconds)] + labels)
  }

  /// Writes what the reader did not take before; for the end of the process.
  public func flush() {
    writer.flush()
  }

  private func write(_ level: LogLevel, _ event: String, _ fields: [(String, String)]) {
    let now = ProcessClock.now()
    let line = LogLine.encode(level, event, fields, at: now)
    writer.write(line) { dropped in
      LogLine.encode(.warning, "log lines dropped", [("count", String(dropped))], at: now)
    }
  }
}

extension LogLevel {
  fileprivate var rank: Int {
    switch self {
    case .debug: 0
    case .info: 1
    case .warning: 2
    case .error: 3
    }
  }
}
