internal import Domain
internal import SimulationFaults
internal import SimulationKit
internal import SimulationOracles

/// One page about a world that failed: what was broken, in which world, and what led to it.
public struct Explanation: Sendable {
  let bundle: Bundle
  let entries: [Chronicle.Entry]

  public init(_ bundle: Bundle, _ chronicle: Chronicle) {
    self.bundle = bundle
    entries = chronicle.entries
  }

  private static let linesMax = 60

  public var text: String {
    var lines = ["seed \(bundle.seed), profile \(bundle.plan.profile): \(bundle.message)", ""]
    lines += world
    lines += ["", "What led to it (time in seconds since the start; everybody in a lane):", ""]
    lines += table(slice)
    return lines.joined(separator: "\n")
  }

  private var world: [String] {
    let plan = bundle.plan
    var lines = [
      "The world: \(plan.topology.schedulers) schedulers, \(plan.topology.workers) workers with "
        + "\(plan.topology.slotsPerWorker) slots, \(plan.workload.users) users with "
        + "\(plan.workload.runsPerUser) runs each of \(plan.workload.workflows) workflows; "
        + "\(plan.faults.count) faults:"
    ]
    lines += plan.faults.map { "  \($0)" }
    return lines
  }

  /// What concerns the runs and ids that the failure names, faults, and the lives of processes.
  private var slice: [Chronicle.Entry] {
    let subjects = Explanation.subjects(of: bundle.message)
    let chosen = entries.filter { entry in
      entry.lane == "fault" || entry.lane == "judge"
        || subjects.contains { entry.text.contains($0) }
    }
    return Array(chosen.suffix(Explanation.linesMax))
  }

  /// Ids in a text: a prefix, an underscore and 26 characters.
  static func subjects(of text: String) -> SortedSet<String> {
    let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    return SortedSet(
      words.map(String.init).filter { word in
        guard let mark = word.firstIndex(of: "_") else { return false }
        return word[word.index(after: mark)...].count == 26
      })
  }

  private func table(_ entries: [Chronicle.Entry]) -> [String] {
    let width = entries.map(\.lane.count).max() ?? 0
    return entries.map { entry in
      let seconds = FaultEvent.seconds(entry.at)
      return String(repeating: " ", count: max(9 - seconds.count, 0)) + seconds + "  "
        + entry.lane.padded(width + 2) + entry.text
    }
  }
}
