internal import Domain
internal import SimulationFaults
internal import SimulationWorld

/// What worlds have shown of somebody's workflow, for people.
struct StudyText {
  let study: Study
  let reach: Reach
  let struck: SortedMap<String, Int>

  init(_ study: Study, reach: Reach, struck: SortedMap<String, Int>) {
    self.study = study
    self.reach = reach
    self.struck = struck
  }

  var text: String {
    let names = study.tasks.keys
    let width = max(names.map(\.count).max() ?? 0, 4) + 2
    var lines = [
      "task".padded(width) + "tasks   attempts   lost   effect more than once"
    ]
    for (name, count) in study.tasks {
      lines.append(
        name.padded(width) + "\(count.tasks)".padded(8) + "\(count.attempts)".padded(11)
          + "\(count.lost)".padded(7) + (count.twice == 0 ? "never" : "\(count.twice) tasks"))
    }
    let outcomes = study.outcomes.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    lines += ["", "runs: \(outcomes.isEmpty ? "none has ended" : outcomes)"]
    let quantiles = [50, 90, 99].compactMap { percent in
      study.quantile(percent).map { "p\(percent) \(FaultEvent.seconds($0)) s" }
    }
    if !quantiles.isEmpty {
      lines.append("from start to end: \(quantiles.joined(separator: ", "))")
    }
    return (lines + untested).joined(separator: "\n")
  }

  /// What these worlds say nothing about.
  private var untested: [String] {
    let faults = Faults.all.map { $0.card.name }.filter { struck[$0] == nil }
    let phases = WorkPhase.allCases.filter { phase in
      Faults.all.allSatisfy { reach[$0.card.name, phase] == 0 }
    }
    let unlost = study.tasks.filter { $0.value.lost == 0 }.map(\.key)
    var lines: [String] = []
    if !unlost.isEmpty {
      lines.append("never tested: the loss of an attempt of \(unlost.joined(separator: ", "))")
    }
    if !phases.isEmpty {
      let words = phases.map(\.rawValue).joined(separator: ", ")
      lines.append("never tested: faults while something was \(words)")
    }
    if !faults.isEmpty {
      let some = faults.prefix(8).joined(separator: ", ")
      lines.append(
        "never tested: \(faults.count) of \(Faults.all.count) kinds of faults (\(some)"
          + (faults.count > 8 ? ", …)" : ")"))
    }
    return lines
  }

  static func value(_ study: Study) -> Value {
    .object([
      "tasks": .object(
        study.tasks.mapValues { count in
          .object([
            "tasks": .integer(Int64(count.tasks)), "attempts": .integer(Int64(count.attempts)),
            "lost": .integer(Int64(count.lost)), "effectTwice": .integer(Int64(count.twice)),
          ])
        }),
      "outcomes": .object(study.outcomes.mapValues { .integer(Int64($0)) }),
      "p50Ms": milliseconds(study.quantile(50)), "p90Ms": milliseconds(study.quantile(90)),
      "p99Ms": milliseconds(study.quantile(99)),
    ])
  }

  private static func milliseconds(_ length: Duration?) -> Value {
    length.map { .integer($0.wholeMicroseconds / 1_000) } ?? .null
  }
}
