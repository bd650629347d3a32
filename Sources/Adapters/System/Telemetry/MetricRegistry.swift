internal import Domain
public import Ports
internal import Synchronization

/// Keeps counters and histograms in memory, for whoever scrapes them; log lines go on to another
/// telemetry.
///
/// The number of series is bounded: what would be one more is counted as dropped, so that a label
/// with too many values costs its own numbers and not the process.
public final class MetricRegistry: Telemetry {
  fileprivate struct Series: Hashable {
    var name: String
    /// As they stand in the text: `{a="b",c="d"}`, or empty.
    var labels: String
  }

  private struct Histogram {
    var counts = [UInt64](repeating: 0, count: MetricRegistry.boundsMilliseconds.count + 1)
    var microseconds: Int64 = 0
  }

  private struct State {
    var counters: [Series: Int] = [:]
    var histograms: [Series: Histogram] = [:]
    var dropped = 0
    var seriesCount: Int { counters.count + histograms.count }
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

  public func measure(_ name: String, _ length: Duration, _ labels: [(String, String)]) {
    let series = Series(name: name, labels: MetricRegistry.text(of: labels))
    let microseconds = max(length.wholeMicroseconds, 0)
    let bounds = MetricRegistry.boundsMilliseconds
    let bucket = bounds.firstIndex { microseconds <= $0 * 1_000 } ?? bounds.count
    state.withLock { state in
      guard state.histograms[series] != nil || state.seriesCount < seriesMax else {
        state.dropped += 1
        return
      }
      state.histograms[series, default: Histogram()].counts[bucket] += 1
      state.histograms[series, default: Histogram()].microseconds &+= microseconds
    }
  }

  /// Everything, in the text format of Prometheus (version 0.0.4). Counters end in `_total`,
  /// lengths in `_seconds`; all begin with `millrace_`.
  public var text: String {
    let (counters, histograms, dropped) = state.withLock {
      ($0.counters, $0.histograms, $0.dropped)
    }
    var lines: [String] = []
    var last = ""
    for (series, amount) in counters.sorted(by: { $0.key < $1.key }) {
      let name = "millrace_\(series.name)_total"
      if last != name { lines.append("# TYPE \(name) counter") }
      last = name
      lines.append("\(name)\(series.labels) \(amount)")
    }
    for (series, histogram) in histograms.sorted(by: { $0.key < $1.key }) {
      let name = "millrace_\(series.name)_seconds"
      if last != name { lines.append("# TYPE \(name) histogram") }
      last = name
      lines += MetricRegistry.lines(of: histogram, name, series.labels)
    }
    lines.append("# TYPE millrace_series_dropped_total counter")
    lines.append("millrace_series_dropped_total \(dropped)")
    return (lines + ProcessFigures.lines).joined(separator: "\n") + "\n"
  }

  private static func lines(
    of histogram: Histogram, _ name: String, _ labels: String
  ) -> [String] {
    var lines: [String] = []
    var sum: UInt64 = 0
    for (place, count) in histogram.counts.enumerated() {
      sum += count
      let bound =
        place < boundsMilliseconds.count ? seconds(boundsMilliseconds[place] * 1_000) : "+Inf"
      lines.append("\(name)_bucket\(with(labels, "le", bound)) \(sum)")
    }
    lines.append("\(name)_sum\(labels) \(seconds(histogram.microseconds))")
    lines.append("\(name)_count\(labels) \(sum)")
    return lines
  }

  static func seconds(_ microseconds: Int64) -> String {
    let rest = String(microseconds % 1_000_000)
    let digits = String(repeating: "0", count: 6 - rest.count) + rest
    let short = digits.last { $0 != "0" } == nil ? "" : "." + digits.trimmingZeros
    return "\(microseconds / 1_000_000)\(short)"
  }

  private static func text(of labels: [(String, String)]) -> String {
    guard !labels.isEmpty else { return "" }
    return "{" + labels.map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ",") + "}"
  }

  private static func with(_ labels: String, _ name: String, _ value: String) -> String {
    let inner = labels.isEmpty ? "" : labels.dropFirst().dropLast() + ","
    return "{\(inner)\(name)=\"\(value)\"}"
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

extension String {
  /// Without zeros at the end.
  fileprivate var trimmingZeros: String {
    var text = self
    while text.last == "0" { text.removeLast() }
    return text
  }
}
