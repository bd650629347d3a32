internal import Domain
public import Ports

/// One JSON object per line on standard error: `ts`, `level`, `msg`, then the fields in order.
///
/// Never waits for the reader: lines that a full pipe does not take are kept up to a limit and
/// dropped beyond it; the next line that fits says how many. Counters, measurements and spans are
/// lines of level `debug`. What is done in a trace says in which.
public final class StandardErrorTelemetry: Telemetry {
  private let level: LogLevel
  private let writer: LineWriter
  private let common: [(String, String)]

  /// - Parameters:
  ///   - level: the least important level that is written.
  ///   - common: what every line says, such as which process it is of.
  ///   - descriptor: where to, for tests.
  public init(
    level: LogLevel = .info, common: [(String, String)] = [], descriptor: Int32 = 2,
    backlogBytesMax: Int = 262_144
  ) {
    self.level = level
    self.common = common
    writer = LineWriter(to: descriptor, backlogBytesMax: backlogBytesMax)
  }

  public func log(_ level: LogLevel, _ event: String, _ fields: [(String, String)]) {
    guard level >= self.level else { return }
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

  public func gauge(_ name: String, _ value: GaugeValue?, _ labels: [(String, String)]) {
    guard level == .debug else { return }
    let text =
      switch value {
      case .number(let number)?: "\(number)"
      case .length(let length)?: "\(length.wholeMicroseconds)us"
      case nil: ""
      }
    write(.debug, "gauged", [("gauge", name), ("value", text)] + labels)
  }

  public func record(_ span: TraceSpan) {
    guard level == .debug, span.context.isSampled else { return }
    let microseconds = span.endedAt.microseconds - span.startedAt.microseconds
    let attributes = span.attributes.map { name, value in
      switch value {
      case .text(let text): "\(name)=\(text)"
      case .number(let number): "\(name)=\(number)"
      }
    }
    write(
      .debug, "span.ended",
      [
        ("span", span.name), ("trace_id", span.context.trace.text),
        ("span_id", span.context.span.text), ("parent", span.parent?.text ?? ""),
        ("microseconds", "\(microseconds)"), ("failure", span.failure ?? ""),
        ("attributes", attributes.joined(separator: " ")),
      ])
  }

  /// Writes what the reader did not take before; for the end of the process.
  public func flush() {
    writer.flush()
  }

  private func write(_ level: LogLevel, _ event: String, _ fields: [(String, String)]) {
    let now = ProcessClock.now()
    let line = LogLine.encode(level, event, common + fields + LogLine.trace, at: now)
    writer.write(line) { dropped in
      LogLine.encode(.warning, "log lines dropped", [("count", String(dropped))], at: now)
    }
  }
}
