internal import Domain
internal import Glibc
internal import SystemAdapter

/// What one workload measured, as a line of JSON.
struct Measurement: Sendable {
  var workload: String
  var tasks: Int
  var seconds: Duration
  /// The latencies that the workload is about, in any order.
  var latencies: [Duration]
  var cpu: Duration

  var line: String {
    let seconds = max(seconds.wholeMicroseconds, 1)
    let perSecond = Int64(tasks) * 1_000_000 / seconds
    return Value.object([
      "peer": .string("millrace"), "workload": .string(workload), "tasks": .integer(Int64(tasks)),
      // To the microsecond: the shortest take two milliseconds, and limits are judged by this.
      "seconds": .decimal(Decimal(scaled: seconds * (Decimal.scale / 1_000_000))),
      "tasks_per_s": .integer(perSecond),
      "p50_ms": Measurement.quantile(50, of: latencies),
      "p95_ms": Measurement.quantile(95, of: latencies),
      "p99_ms": Measurement.quantile(99, of: latencies),
      "rss_mb": .integer(Measurement.peakKiB / 1_024),
      "cpu_s_per_1k": Measurement.thousandths(cpu.wholeMicroseconds / max(Int64(tasks), 1)),
    ]).json
  }

  static func quantile(_ percent: Int, of latencies: [Duration]) -> Value {
    let sorted = latencies.sorted()
    guard !sorted.isEmpty else { return .null }
    let place = min(sorted.count - 1, sorted.count * percent / 100)
    return thousandths(sorted[place].wholeMicroseconds)
  }

  private static func thousandths(_ number: Int64) -> Value {
    .decimal(Decimal(scaled: number * (Decimal.scale / 1_000)))
  }

  /// The most memory that the process has had.
  static var peakKiB: Int64 { Int64(usage().ru_maxrss) }

  /// Processor time of the process so far, and of its children that have ended.
  static func cpuTime() -> Duration {
    [RUSAGE_SELF, RUSAGE_CHILDREN].map { who in
      let usage = usage(of: who)
      return .seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + .microseconds(Int64(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec))
    }.reduce(.zero, +)
  }

  private static func usage(of who: __rusage_who = RUSAGE_SELF) -> rusage {
    var usage = rusage()
    getrusage(__rusage_who_t(who.rawValue), &usage)
    return usage
  }

  /// Runs `body` and notes how long it took.
  static func of(
    _ workload: String, tasks: Int, _ body: () async throws -> [Duration]
  ) async rethrows -> Measurement {
    let start = ProcessClock.uptime()
    let cpu = cpuTime()
    let latencies = try await body()
    return Measurement(
      workload: workload, tasks: tasks, seconds: ProcessClock.uptime() - start,
      latencies: latencies, cpu: cpuTime() - cpu)
  }
}

extension Measurement {
  /// The one with the median time.
  static func median(of measurements: [Measurement]) -> Measurement? {
    guard !measurements.isEmpty else { return nil }
    return measurements.sorted { $0.seconds < $1.seconds }[measurements.count / 2]
  }
}

extension Figures {
  /// - Throws: when the line is not what `Measurement.line` prints.
  init(line: String) throws {
    guard case .object(let members) = try Value(json: line),
      case .integer(let rss)? = members["rss_mb"],
      case .integer(let tasks)? = members["tasks"], tasks > 0,
      let microseconds = members["seconds"].flatMap(Figures.millionths)
    else { throw Bench.Failed(description: "not a line of figures: \(line)") }
    self.init(rssMB: rss, microsecondsPerTask: Rate(thousandths: microseconds * 1_000 / tasks))
  }

  private static func millionths(_ value: Value) -> Int64? {
    switch value {
    case .integer(let whole): whole * 1_000_000
    case .decimal(let decimal): decimal.scaled / (Decimal.scale / 1_000_000)
    case .null, .boolean, .string, .array, .object: nil
    }
  }
}
