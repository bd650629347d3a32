internal import Domain
internal import Ports

/// Metrics as their scrapers read them. Counters end in `_total`, lengths in `_seconds`; all begin
/// with `millrace_`.
public struct MetricText {
  public enum Form: Hashable, Sendable {
    /// Version 0.0.4, which every scraper reads:
    /// <https://prometheus.io/docs/instrumenting/exposition_formats/>.
    case prometheus
    /// Version 1.0.0, which has exemplars: the trace of an observation in each bucket.
    /// <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>
    case openMetrics

    public var mediaType: String {
      switch self {
      case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
      case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
      }
    }
  }

  private let form: Form
  private let state: MetricRegistry.State

  init(_ form: Form, _ state: MetricRegistry.State) {
    self.form = form
    self.state = state
  }

  var text: String {
    var lines: [String] = []
    var last = ""
    func begin(_ name: String, _ type: String) {
      if last != name { lines.append(head(name, type)) }
      last = name
    }
    for (series, amount) in state.counters.sorted(by: { $0.key < $1.key }) {
      let name = "millrace_\(series.name)_total"
      begin(name, "counter")
      lines.append("\(name)\(series.labels) \(amount)")
    }
    for (series, value) in state.gauges.sorted(by: { $0.key < $1.key }) {
      switch value {
      case .number(let number):
        begin("millrace_\(series.name)", "gauge")
        lines.append("millrace_\(series.name)\(series.labels) \(number)")
      case .length(let length):
        begin("millrace_\(series.name)_seconds", "gauge")
        let seconds = MetricText.seconds(length.wholeMicroseconds)
        lines.append("millrace_\(series.name)_seconds\(series.labels) \(seconds)")
      }
    }
    for (series, histogram) in state.histograms.sorted(by: { $0.key < $1.key }) {
      let name = "millrace_\(series.name)_seconds"
      begin(name, "histogram")
      lines += self.lines(of: histogram, name, series.labels)
    }
    begin("millrace_series_dropped_total", "counter")
    lines.append("millrace_series_dropped_total \(state.dropped)")
    for figure in ProcessFigures.all {
      lines += [head(figure.name, figure.type), "\(figure.name) \(figure.value)"]
    }
    if form == .openMetrics { lines.append("# EOF") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// OpenMetrics calls the family of a counter as its samples without their ending.
  private func head(_ name: String, _ type: String) -> String {
    let isCounter = form == .openMetrics && name.hasSuffix("_total")
    return "# TYPE \(isCounter ? String(name.dropLast(6)) : name) \(type)"
  }

  private func lines(
    of histogram: MetricRegistry.Histogram, _ name: String, _ labels: String
  ) -> [String] {
    var lines: [String] = []
    var sum: UInt64 = 0
    let bounds = MetricRegistry.boundsMilliseconds
    for (place, count) in histogram.counts.enumerated() {
      sum += count
      let bound = place < bounds.count ? MetricText.seconds(bounds[place] * 1_000) : "+Inf"
      lines.append(
        "\(name)_bucket\(with(labels, "le", bound)) \(sum)\(tail(histogram.exemplars[place]))")
    }
    lines.append("\(name)_sum\(labels) \(MetricText.seconds(histogram.microseconds))")
    lines.append("\(name)_count\(labels) \(sum)")
    return lines
  }

  private func tail(_ exemplar: MetricRegistry.Exemplar?) -> String {
    guard form == .openMetrics, let exemplar else { return "" }
    let seconds = MetricText.seconds(exemplar.microseconds)
    return " # {trace_id=\"\(exemplar.trace.text)\"} \(seconds)"
  }

  private func with(_ labels: String, _ name: String, _ value: String) -> String {
    let inner = labels.isEmpty ? "" : labels.dropFirst().dropLast() + ","
    return "{\(inner)\(name)=\"\(value)\"}"
  }

  static func seconds(_ microseconds: Int64) -> String {
    guard microseconds >= 0 else { return "-" + seconds(-max(microseconds, -.max)) }
    let rest = String(microseconds % 1_000_000)
    let digits = String(repeating: "0", count: 6 - rest.count) + rest
    let short = digits.last { $0 != "0" } == nil ? "" : "." + digits.trimmingZeros
    return "\(microseconds / 1_000_000)\(short)"
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
