internal import SimulationFaults
internal import SimulationOracles
internal import SimulationScenarios
internal import SimulationWorld

/// `sim list`: what there is.
enum ListVerb {
  static func run(_ words: [String]) throws(Refusal) -> ExitCode {
    switch try Options(words, known: []).operands.first {
    case "faults"?:
      for fault in Faults.all {
        let card = fault.card
        let settings = card.settings.map { setting in
          "\(setting.name) \(setting.range.lowerBound)…\(setting.range.upperBound) \(setting.unit)"
        }
        row(card.number, card.name, card.does, settings.joined(separator: ", "))
      }
    case "invariants"?:
      for kind in Invariants.all {
        row(kind.name.number, kind.name.words, kind.promise)
      }
    case "profiles"?:
      for profile in Profiles.all { row("", profile.name, profile.does) }
    case "scenarios"?:
      for scenario in try ScenarioFiles.load(ScenarioFiles.folder) {
        row("", scenario.name, scenario.does)
      }
    case "landmarks"?:
      for landmark in Landmark.allCases { Say.line(landmark.rawValue) }
    case "probes"?:
      for probe in Probes.all { row(probe.isRare ? "rare" : "", probe.name, probe.means) }
    default:
      throw Refusal(
        "what is to be listed?",
        fix: "sim list faults | invariants | profiles | scenarios | landmarks | probes")
    }
    return .good
  }

  private static func row(_ number: String, _ name: String, _ does: String, _ more: String = "") {
    Say.line(
      number.padded(5) + name.padded(28) + does
        + (more.isEmpty ? "" : "\n" + "".padded(33) + more))
  }
}
