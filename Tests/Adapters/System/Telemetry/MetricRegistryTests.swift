import Ports
import SystemAdapter
import Testing

struct MetricRegistryTests {
  private final class Silence: Telemetry {
    func log(_ level: LogLevel, _ event: String, _ fields: [(String, String)]) {}
    func count(_ name: String, _ amount: Int, _ labels: [(String, String)]) {}
    func measure(_ name: String, _ length: Duration, _ labels: [(String, String)]) {}
    func gauge(_ name: String, _ value: GaugeValue?, _ labels: [(String, String)]) {}
    func record(_ span: TraceSpan) {}
  }

  private func lines(_ registry: MetricRegistry) -> [String] {
    registry.text(.prometheus).split(separator: "\n").map(String.init)
      .filter { !$0.contains("process_") && !$0.contains("series_dropped") }
  }

  @Test func `counters add up by their labels`() {
    let registry = MetricRegistry(forwarding: Silence())
    registry.count("runs", 2, [("outcome", "failed")])
    registry.count("runs", 1, [("outcome", "failed")])
    registry.count("runs", 1, [("outcome", "a \"b\"\\\n")])
    registry.count("all", 7, [])
    #expect(
      lines(registry) == [
        "# TYPE millrace_all_total counter", "millrace_all_total 7",
        "# TYPE millrace_runs_total counter",
        #"millrace_runs_total{outcome="a \"b\"\\\n"} 1"#,
        #"millrace_runs_total{outcome="failed"} 3"#,
      ])
  }

  @Test func `lengths fall into buckets that count everything below them`() {
    let registry = MetricRegistry(forwarding: Silence())
    for microseconds in [0, 1_000, 3_000, 1_000_000, 90_000_000_000] {
      let length = Duration.microseconds(microseconds)
      registry.measure("wait", length, [("pool", "p")])
    }
    let lines = lines(registry)
    #expect(lines.first == "# TYPE millrace_wait_seconds histogram")
    for line in [
      #"millrace_wait_seconds_bucket{pool="p",le="0.001"} 2"#,
      #"millrace_wait_seconds_bucket{pool="p",le="0.002"} 2"#,
      #"millrace_wait_seconds_bucket{pool="p",le="0.005"} 3"#,
      #"millrace_wait_seconds_bucket{pool="p",le="1"} 4"#,
      #"millrace_wait_seconds_bucket{pool="p",le="7200"} 4"#,
      #"millrace_wait_seconds_bucket{pool="p",le="+Inf"} 5"#,
      #"millrace_wait_seconds_sum{pool="p"} 90001.004"#,
      #"millrace_wait_seconds_count{pool="p"} 5"#,
    ] {
      #expect(lines.contains(line), "\(line)")
    }
  }

  @Test func `a label with too many values costs its own numbers only`() {
    let registry = MetricRegistry(forwarding: Silence(), seriesMax: 10)
    registry.count("good", 1, [])
    for number in 0..<50 { registry.count("bad", 1, [("id", "\(number)")]) }
    registry.count("good", 1, [])
    registry.measure("late", .seconds(1), [])
    #expect(lines(registry).filter { $0.hasPrefix("millrace_bad_total") }.count == 9)
    #expect(lines(registry).contains("millrace_good_total 2"))
    #expect(registry.text(.prometheus).contains("\nmillrace_series_dropped_total 42\n"))
  }

  @Test func `the process tells what it uses`() throws {
    let text = MetricRegistry(forwarding: Silence()).text(.prometheus)
    for name in ["process_resident_memory_bytes", "process_open_fds"] {
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + " ") })
      #expect(try #require(Int(line.dropFirst(name.count + 1))) > 0)
    }
    #expect(text.contains("\nprocess_cpu_seconds_total "))
  }
}
