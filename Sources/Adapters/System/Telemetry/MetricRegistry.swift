internal import Domain
public import Ports
internal import Synchronization

/// Keeps counters, gauges and histograms in memory, for whoever scrapes them; log lines and spans
/// go on to another telemetry.
///
/// The number of series is bounded: what would be one more is counted as dropped, so that a label
/// with too many values costs its own numbers and not the process.
public final class MetricRegistry: Telemetry {
  struct Series: Hashable {
    var name: String
    /// As they stand in the text: `{a="b",c="d"}`, or empty.
    var labels: String
  }

  struct Histogram {
    var counts = [UInt64](repeating: 0, count: MetricRegistry.boundsMilliseconds.count + 1)
    var microseconds: Int64 = 0
    /// By bucket: the newest observation of a trace that is recorded.
    var exemplars: [Int: Exemplar] = [:]
  }

  struct Exemplar {
    var trace: TraceID
    var microseconds: Int64
  }

  struct State {
    var counters: [Series: Int] = [:]
    var gauges: [Series: GaugeValue] = [:]
    var histograms: [Series: Histogram] = [:]
    var dropped = 0
    var seriesCount: Int { counters.count + gauges.count + histograms.count }
  }

  /// Upper bounds of the buckets.
  static let boundsMilliseconds: [Int64] = [
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000,
    1_800_000, 7_200_000,
  ]

  private let next: any Telemetry
  private let seriesMax: Int
  private let state = Mutex(State())

  public init(forwarding next: any Telemetry, seriesMax: Int = 2_000) {
    self.next = next
    self.seriesMax = seriesMax
  }

  public func log(_ level: LogLevel, _ event: String, _ fields: [(String, String)]) {
    next.log(level, event, fields)
  }

  public func record(_ span: TraceSpan) { next.record(span) }

  public func count(_ name: String, _ amount: Int, _ labels: [(String, String)]) {
    let series = Series(name: name, labels: MetricRegistry.text(of: labels))
    state.withLock { state in
      guard state.counters[series] != nil || state.seriesCount < seriesMax else {
        state.dropped += 1
        return
      }
      let (sum, hasOverflown) = (state.counters[series] ?? 0).addingReportingOverflow(amount)
      state.counters[series] = hasOverflown ? amount : sum
    }
  }

  public func gauge(_ name: String, _ value: GaugeValue?, _ labels: [(String, String)]) {
    let series = Series(name: name, labels: MetricRegistry.text(of: labels))
    state.withLock { state in
      guard value == nil || state.gauges[series] != nil || state.seriesCount < seriesMax else {
        state.dropped += 1
        return
      }
      state.gauges[series] = value
    }
  }

  public func measure(_ name: String, _ length: Duration, _ labels: [(String, String)]) {
    let series = Series(name: name, labels: MetricRegistry.text(of: labels))
    let microseconds = max(length.wholeMicroseconds, 0)
    let bounds = MetricRegistry.boundsMilliseconds
    let bucket = bounds.firstIndex { microseconds <= $0 * 1_000 } ?? bounds.count
    let trace = CurrentTrace.context.flatMap { $0.isSampled ? $0.trace : nil }
    state.withLock { state in
      guard state.histograms[series] != nil || state.seriesCount < seriesMax else {
        state.dropped += 1
        return
      }
      state.histograms[series, default: Histogram()].counts[bucket] += 1
      state.histograms[series, default: Histogram()].microseconds &+= microseconds
      guard let trace else { return }
      state.histograms[series, default: Histogram()].exemplars[bucket] = Exemplar(
        trace: trace, microseconds: microseconds)
    }
  }

  /// Everything, in the text format that the scraper takes.
  public func text(_ form: MetricText.Form) -> String {
    MetricText(form, state.withLock { $0 }).text
  }

  private static func text(of labels: [(String, String)]) -> String {
    guard !labels.isEmpty else { return "" }
    return "{" + labels.map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ",") + "}"
  }

  /// Of a label's value: `\`, `"` and line breaks.
  private static func escaped(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == 0x5c || $0 == 0x22 || $0 == 0x0a }) else { return text }
    return text.map { character in
      switch character {
      case "\\": "\\\\"
      case "\"": "\\\""
      case "\n": "\\n"
      default: String(character)
      }
    }.joined()
  }
}

extension MetricRegistry.Series: Comparable {
  static func < (left: MetricRegistry.Series, right: MetricRegistry.Series) -> Bool {
    left.name == right.name ? left.labels < right.labels : left.name < right.name
  }
}
