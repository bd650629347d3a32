import Foundation
import Testing

/// `docs/metrics.md` against what the services count and measure.
struct MetricNamesTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The names as they are scraped, from every call in the sources.
  private static func counted() throws -> Set<String> {
    let sources = root.appending(path: "Sources")
    let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
    var names: Set<String> = []
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift" else { continue }
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: /telemetry\.(count|measure)\(\s*"([a-z_]+)"/) {
        let unit = match.output.1 == "count" ? "total" : "seconds"
        names.insert("millrace_\(match.output.2)_\(unit)")
      }
      for match in text.matches(of: /telemetry\.gauge\(\s*"([a-z_]+)", \.(number|length)/) {
        let unit = match.output.2 == "length" ? "_seconds" : ""
        names.insert("millrace_\(match.output.1)\(unit)")
      }
    }
    return names
  }

  private static func documented() throws -> Set<String> {
    let page = try String(contentsOf: root.appending(path: "docs/metrics.md"), encoding: .utf8)
    return Set(page.matches(of: /\n\| `([a-z_]+)` \|/).map { String($0.output.1) })
  }

  @Test func `every metric is documented, and nothing else`() throws {
    let own: Set = [
      "millrace_series_dropped_total", "process_cpu_seconds_total",
      "process_resident_memory_bytes", "process_open_fds",
    ]
    let counted = try Self.counted()
    #expect(counted.count > 12)
    #expect(try Self.documented() == counted.union(own))
  }

  @Test(arguments: ["millrace", "millrace-load"])
  func `the dashboard asks for metrics that there are`(name: String) throws {
    let file = Self.root.appending(path: "infra/grafana/dashboards/\(name).json")
    let board = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
    let panels = try #require((board as? [String: Any])?["panels"] as? [[String: Any]])
    let queries = panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }
      .compactMap { $0["expr"] as? String }
    #expect(queries.count >= panels.count && panels.count > 10)
    let documented = try Self.documented()
    var shown: Set<String> = []
    for query in queries {
      for match in query.matches(of: /(millrace|process)_[a-z_]+/) {
        let series = String(match.output.0)
        let name = series.replacing(/_(bucket|count|sum)$/, with: "")
        #expect(documented.contains(name), "\(query)")
        shown.insert(name)
      }
    }
    #expect(shown.count > 11)
  }
}
