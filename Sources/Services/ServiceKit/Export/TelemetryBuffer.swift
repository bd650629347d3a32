internal import Domain
public import Ports
internal import Synchronization

/// Keeps log lines and spans in memory until an exporter takes them, and passes everything on to
/// another telemetry at once. Never waits: what is too much is dropped, the oldest first, and
/// counted.
public final class TelemetryBuffer: Telemetry {
  /// A line as it was told.
  struct Line: Sendable {
    var at: Moment
    var level: LogLevel
    var event: String
    var fields: [(String, String)]
    var trace: TraceContext?
  }

  private struct Held {
    var lines: [Line] = []
    var spans: [TraceSpan] = []
    var linesDropped = 0
    var spansDropped = 0
  }

  private let next: any Telemetry
  private let time: any Time
  private let level: LogLevel
  private let itemsMax: Int
  private let held = Mutex(Held())

  /// - Parameters:
  ///   - level: the least important level of lines that are kept.
  ///   - itemsMax: lines, and as many spans.
  public init(
    forwarding next: any Telemetry, time: any Time, level: LogLevel, itemsMax: Int = 20_000
  ) {
    self.next = next
    self.time = time
    self.level = level
    self.itemsMax = max(itemsMax, 2)
  }

  public func log(_ level: LogLevel, _ event: String, _ fields: [(String, String)]) {
    next.log(level, event, fields)
    guard level >= self.level else { return }
    let line = Line(
      at: time.now(), level: level, event: event, fields: fields, trace: CurrentTrace.context)
    held.withLock { held in
      held.lines.append(line)
      held.linesDropped += held.lines.cut(to: itemsMax)
    }
  }

  public func record(_ span: TraceSpan) {
    next.record(span)
    guard span.context.isSampled else { return }
    held.withLock { held in
      held.spans.append(span)
      held.spansDropped += held.spans.cut(to: itemsMax)
    }
  }

  public func count(_ name: String, _ amount: Int, _ labels: [(String, String)]) {
    next.count(name, amount, labels)
  }

  public func measure(_ name: String, _ length: Duration, _ labels: [(String, String)]) {
    next.measure(name, length, labels)
  }

  public func gauge(_ name: String, _ value: GaugeValue?, _ labels: [(String, String)]) {
    next.gauge(name, value, labels)
  }

  // MARK: For the exporter

  /// The oldest lines, and how many were dropped since the last call.
  func takeLines(_ count: Int) -> (items: [Line], dropped: Int) {
    held.withLock { held in
      defer { held.linesDropped = 0 }
      return (held.lines.takeFirst(count), held.linesDropped)
    }
  }

  /// The oldest spans, and how many were dropped since the last call.
  func takeSpans(_ count: Int) -> (items: [TraceSpan], dropped: Int) {
    held.withLock { held in
      defer { held.spansDropped = 0 }
      return (held.spans.takeFirst(count), held.spansDropped)
    }
  }
}

extension Array {
  /// Half at once when there are too many, so that forgetting costs nothing for each.
  fileprivate mutating func cut(to max: Int) -> Int {
    guard count > max else { return 0 }
    let tooMany = max / 2 + 1
    removeFirst(tooMany)
    return tooMany
  }

  fileprivate mutating func takeFirst(_ count: Int) -> [Element] {
    let first = Array(prefix(count))
    removeFirst(first.count)
    return first
  }
}
