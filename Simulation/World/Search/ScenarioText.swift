internal import Domain
internal import SimulationFaults
internal import SimulationScenarios

/// A world as a scenario file, exactly: what was found becomes a regression that people can read.
public struct ScenarioText: Sendable {
  let name: String
  let bundle: Bundle
  /// Landmarks in the order in which they were passed; empty to say times instead.
  let passes: [LandmarkPass]

  public init(_ name: String, _ bundle: Bundle, passes: [LandmarkPass] = []) {
    self.name = name
    self.bundle = bundle
    self.passes = passes
  }

  public var text: String {
    let plan = bundle.plan
    var lines = [
      "# \(bundle.signature): \(bundle.message.replacing("\n", with: "\n# "))",
      "scenario: \(name)",
      "does: breaks \(bundle.signature)",
      "seed: \(bundle.seed)",
      "world:",
      "  schedulers: \(plan.topology.schedulers)",
      "  workers: \(plan.topology.workers)",
      "  slotsPerWorker: \(plan.topology.slotsPerWorker)",
      "  lostWorkers: \(plan.lostWorkers)",
      "  lostSchedulers: \(plan.lostSchedulers)",
      "  buggifyPercent: \(plan.buggifyPercent)",
      "  habits: \(plan.habits == .brisk ? "brisk" : "calm")",
      "  length: \(DurationText.text(of: plan.chaosLength))",
      "  restWithin: \(DurationText.text(of: plan.restWithin))",
      "workload:",
      "  workflows: \(plan.workload.workflows)",
      "  users: \(plan.workload.users)",
      "  runsPerUser: \(plan.workload.runsPerUser)",
      "  restMax: \(DurationText.text(of: plan.workload.restMax))",
      "tasks:",
      "  failsPercent: \(plan.tasks.failsPercent)",
      "  vanishesPercent: \(plan.tasks.vanishesPercent)",
      "  hangsPercent: \(plan.tasks.hangsPercent)",
      "  ignoresPercent: \(plan.tasks.ignoresPercent)",
      "  linesMax: \(plan.tasks.linesMax)",
      "  shortest: \(DurationText.text(of: plan.tasks.shortest))",
      "  longest: \(DurationText.text(of: plan.tasks.longest))",
    ]
    lines.append(plan.faults.isEmpty ? "faults: []" : "faults:")
    for event in plan.faults { lines += self.lines(of: event) }
    return lines.joined(separator: "\n") + "\n"
  }

  private func lines(of event: FaultEvent) -> [String] {
    guard let card = Faults.named(event.fault)?.card else { return [] }
    var lines = ["  - fault: \(event.fault)"]
    let topology = bundle.plan.topology
    if let target = event.settings.values["target"],
      let struck = FaultTargets.name(of: target, for: card, count: topology.count(of:))
    {
      lines.append("    on: \(struck.name)")
      if let which = struck.which { lines.append("    which: \(which)") }
    }
    lines += beginning(of: event)
    lines.append("    length: \(DurationText.text(of: event.length))")
    let settings = event.settings.values.filter { $0.key != "target" }
    if !settings.isEmpty {
      let texts = settings.map { "\($0.key): \($0.value)" }
      lines.append("    settings: { \(texts.joined(separator: ", ")) }")
    }
    return lines
  }

  private func beginning(of event: FaultEvent) -> [String] {
    let anchor = event.after.map { ($0, event.at) } ?? anchor(before: event.at)
    guard let (anchor, plus) = anchor else {
      return ["    at: \(DurationText.text(of: event.at))"]
    }
    return [
      "    after: \(anchor.landmark.rawValue)", "    nth: \(anchor.nth)",
      "    plus: \(DurationText.text(of: plus))",
    ]
  }

  /// The last landmark that was passed before, and how long before.
  private func anchor(before moment: Duration) -> (FaultAnchor, Duration)? {
    guard let pass = passes.last(where: { $0.at <= moment }) else { return nil }
    return (pass.anchor, (moment - pass.at).inWholeMilliseconds)
  }
}
