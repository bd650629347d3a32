/// What must hold of the figures (issue 3); `bench` fails when it does not.
enum BenchLimits {
  /// Of the process that serves and measures a run of 10,000 tasks, or 100,000 runs one after the
  /// other.
  static let rssMBMax: Int64 = 400
  /// The time per event at 10,000 tasks, in percent of that at 1,000.
  static let growthPercentMax: Int64 = 130

  /// How often a pair is measured again before it counts as broken: its two halves are measured one
  /// after the other, and the speed of a machine that others use changes in between.
  static let repeatsMax = 2

  struct Broken: Sendable {
    var sentence: String
    /// What was compared; empty for what one measurement decides.
    var pair: [Workload] = []
  }

  static func broken(_ figures: [(workload: Workload, figures: Figures)]) -> [Broken] {
    var broken: [Broken] = []
    for (workload, figures) in figures where figures.rssMB > rssMBMax {
      switch workload {
      case .fan, .search: break
      case .core, .store, .chain, .many, .submit, .tail: continue
      }
      broken.append(
        Broken(
          sentence:
            "\(workload.name) took \(figures.rssMB) MB; at most \(rssMBMax) MB are allowed"))
    }
    for (small, large) in pairs {
      guard let one = figures.first(where: { $0.workload == small })?.figures,
        let other = figures.first(where: { $0.workload == large })?.figures,
        let percent = other.microsecondsPerTask.percent(of: one.microsecondsPerTask),
        percent > growthPercentMax
      else { continue }
      broken.append(
        Broken(
          sentence:
            "an event of \(large.name) takes \(percent)% of the time of one of \(small.name); at "
            + "most \(growthPercentMax)% are allowed", pair: [small, large]))
    }
    return broken
  }

  private static let pairs: [(small: Workload, large: Workload)] = [
    (.core(tasks: 1_000), .core(tasks: 10_000)),
    (.store(tasks: 1_000), .store(tasks: 10_000)),
    (.fan(tasks: 1_000, inFile: false), .fan(tasks: 10_000, inFile: false)),
    (.fan(tasks: 1_000, inFile: true), .fan(tasks: 10_000, inFile: true)),
  ]
}

/// The figures of one line that limits are about.
struct Figures: Sendable {
  var rssMB: Int64
  /// Thousandths of a microsecond are enough for the core alone.
  var microsecondsPerTask: Rate
}

/// A time per thing, as a fraction.
struct Rate: Sendable {
  var thousandths: Int64

  /// Nil when there is nothing to compare with.
  func percent(of other: Rate) -> Int64? {
    guard other.thousandths > 0, thousandths >= 0 else { return nil }
    let (product, overflow) = thousandths.multipliedReportingOverflow(by: 100)
    return overflow ? nil : product / other.thousandths
  }
}
