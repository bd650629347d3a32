public import Domain
public import Ports
internal import Synchronization

/// One thing that a service said.
public struct TelemetryRecord: Hashable, Sendable, CustomStringConvertible {
  public enum Content: Hashable, Sendable {
    case log(LogLevel)
    case count(Int)
    case measure(Duration)
  }

  public struct Field: Hashable, Sendable {
    public var name: String
    public var value: String
  }

  /// Virtual time since the start of the world.
  public var at: Duration
  /// `scheduler/2`.
  public var source: String
  public var content: Content
  /// The event of a log line, the name of a metric.
  public var name: String
  public var fields: [Field]

  public func field(_ name: String) -> String? {
    fields.first { $0.name == name }?.value
  }

  /// Of everything that it says but its time, which the trace has anyway.
  var traceHash: UInt64 {
    var hash = StableHash()
    hash.combine(name)
    switch content {
    case .log(let level): hash.combine(level.rawValue)
    case .count(let amount): hash.combine(UInt64(bitPattern: Int64(amount)))
    case .measure(let length): hash.combine(UInt64(bitPattern: length.wholeMicroseconds))
    }
    for field in fields {
      hash.combine(field.name)
      hash.combine(field.value)
    }
    return hash.value
  }

  public var description: String {
    let tail = fields.map { " \($0.name)=\($0.value)" }.joined()
    return "\(at) \(source) \(content) \(name)\(tail)"
  }
}

/// Everything that the processes of a world said, in order; beyond a limit the oldest are gone.
public final class TelemetryRecords: Sendable {
  private struct State {
    var records: [TelemetryRecord] = []
    var counters: SortedMap<String, Int> = [:]
    var spans: [TraceSpan] = []
    var gauges: SortedMap<String, GaugeValue> = [:]
  }

  private let recordsMax: Int
  private let state = Mutex(State())

  init(recordsMax: Int) {
    self.recordsMax = max(recordsMax, 1)
  }

  func forget() { state.withLock { $0 = State() } }

  public var records: [TelemetryRecord] { state.withLock { $0.records } }

  /// What a quantity is now, by process, name and values of labels.
  public var gauges: SortedMap<String, GaugeValue> { state.withLock { $0.gauges } }

  /// Steps of traces, in the order in which they were told of.
  public var spans: [TraceSpan] { state.withLock { $0.spans } }

  /// Log lines at or above a level.
  public func logs(atLeast level: LogLevel = .debug) -> [TelemetryRecord] {
    records.filter { record in
      guard case .log(let own) = record.content else { return false }
      return own >= level
    }
  }

  /// The sum of a counter over all processes and labels.
  public func counter(_ name: String) -> Int {
    state.withLock { $0.counters[name] ?? 0 }
  }

  func set(_ gauge: String, _ value: GaugeValue?) {
    state.withLock { $0.gauges[gauge] = value }
  }

  func add(_ span: TraceSpan) {
    state.withLock { state in
      state.spans.append(span)
      if state.spans.count > recordsMax { state.spans.removeFirst(recordsMax / 2 + 1) }
    }
  }

  func add(_ record: TelemetryRecord) {
    state.withLock { state in
      if case .count(let amount) = record.content {
        state.counters[record.name, default: 0] += amount
      }
      state.records.append(record)
      // Half at once, so that forgetting costs nothing per record.
      if state.records.count > recordsMax { state.records.removeFirst(recordsMax / 2 + 1) }
    }
  }
}

/// The telemetry of one incarnation: recorded, and part of the trace.
public struct SimulatedTelemetry: Telemetry {
  private let incarnation: Incarnation

  init(_ incarnation: Incarnation) {
    self.incarnation = incarnation
  }

  public func log(_ level: LogLevel, _ event: String, _ fields: [(String, String)]) {
    // Whatever a service finds worth saying is worth reaching.
    incarnation.world.probes.reach("log \(event)")
    record(.log(level), event, fields)
  }

  public func count(_ name: String, _ amount: Int, _ labels: [(String, String)]) {
    record(.count(amount), name, labels)
  }

  public func measure(_ name: String, _ length: Duration, _ labels: [(String, String)]) {
    record(.measure(length), name, labels)
  }

  public func gauge(_ name: String, _ value: GaugeValue?, _ labels: [(String, String)]) {
    incarnation.world.telemetry.set("\(incarnation) \(name) \(labels.map(\.1))", value)
  }

  public func record(_ span: TraceSpan) {
    guard span.context.isSampled else { return }
    let world = incarnation.world
    world.telemetry.add(span)
    world.recorder.record(
      .telemetry, span.context.span.bits, UInt64(bitPattern: span.endedAt.microseconds))
  }

  private func record(
    _ content: TelemetryRecord.Content, _ name: String, _ fields: [(String, String)]
  ) {
    let world = incarnation.world
    let record = TelemetryRecord(
      at: world.elapsed, source: incarnation.description, content: content, name: name,
      fields: fields.map { TelemetryRecord.Field(name: $0.0, value: $0.1) })
    world.telemetry.add(record)
    world.recorder.record(.telemetry, record.traceHash, UInt64(incarnation.number))
  }
}
