public import Domain
internal import SimulationFaults
internal import SimulationOracles

/// Reads scenario files: `docs/simulation.md` describes their form.
public enum ScenarioReader {
  /// - Throws: the first thing that is wrong, with its place and how to mend it.
  public static func read(_ events: [DocumentEvent]) throws(Finding) -> Scenario {
    let root = try ScenarioNode(
      try DocumentTree.read(events),
      ["scenario", "does", "profile", "seed", "world", "workload", "tasks", "faults", "expects"])
    var scenario = Scenario(name: try root.needed("scenario"), does: try root.needed("does"))
    if let profile = try root.text("profile") {
      try check(profile, among: Profiles.all.map(\.name), "profile", root["profile"])
      scenario.profile = profile
    }
    if let text = try root.text("seed") {
      guard let seed = UInt64(text) else {
        throw wrong("`seed` is '\(text)'", "write a whole number", root["seed"])
      }
      scenario.seed = seed
    }
    try readWorld(root, &scenario)
    try readWorkload(root, &scenario)
    try readTasks(root, &scenario)
    for item in try root.list("faults") { scenario.faults.append(try fault(item)) }
    try readExpectations(root, &scenario)
    return scenario
  }

  // MARK: Sections

  private static func readWorld(
    _ root: ScenarioNode, _ scenario: inout Scenario
  ) throws(Finding) {
    guard
      let world = try root.map(
        "world",
        [
          "schedulers", "workers", "slotsPerWorker", "lostWorkers", "lostSchedulers",
          "buggifyPercent", "habits", "length", "restWithin",
        ])
    else { return }
    var ranges = scenario.world
    ranges.schedulers = try world.numbers("schedulers", within: 1...9) ?? ranges.schedulers
    ranges.workers = try world.numbers("workers", within: 1...20) ?? ranges.workers
    ranges.slotsPerWorker =
      try world.numbers("slotsPerWorker", within: 1...100) ?? ranges.slotsPerWorker
    ranges.lostWorkers = try world.numbers("lostWorkers", within: 0...19) ?? ranges.lostWorkers
    ranges.lostSchedulers =
      try world.numbers("lostSchedulers", within: 0...8) ?? ranges.lostSchedulers
    ranges.buggifyPercent =
      try world.numbers("buggifyPercent", within: 0...100) ?? ranges.buggifyPercent
    ranges.length = try world.lengths("length") ?? ranges.length
    ranges.restWithin = try world.lengths("restWithin") ?? ranges.restWithin
    if let habits = try world.text("habits") {
      try check(habits, among: ["calm", "brisk"], "kind of habits", world["habits"])
      ranges.isBrisk = habits == "brisk"
    }
    guard ranges.lostWorkers.upperBound < ranges.workers.lowerBound,
      ranges.lostSchedulers.upperBound < ranges.schedulers.lowerBound
    else {
      throw wrong(
        "more processes may be lost than there are", "leave one worker and one scheduler",
        world.node)
    }
    scenario.world = ranges
  }

  private static func readWorkload(
    _ root: ScenarioNode, _ scenario: inout Scenario
  ) throws(Finding) {
    guard
      let work = try root.map("workload", ["workflows", "users", "runsPerUser", "restMax"])
    else { return }
    var ranges = scenario.workload
    ranges.workflows = try work.numbers("workflows", within: 1...50) ?? ranges.workflows
    ranges.users = try work.numbers("users", within: 1...20) ?? ranges.users
    ranges.runsPerUser = try work.numbers("runsPerUser", within: 1...500) ?? ranges.runsPerUser
    ranges.restMax = try work.lengths("restMax")
    scenario.workload = ranges
  }

  private static func readTasks(
    _ root: ScenarioNode, _ scenario: inout Scenario
  ) throws(Finding) {
    guard
      let tasks = try root.map(
        "tasks",
        [
          "failsPercent", "vanishesPercent", "hangsPercent", "ignoresPercent", "linesMax",
          "shortest",
          "longest",
        ])
    else { return }
    let percent = 0...100
    var ranges = scenario.tasks
    ranges.failsPercent = try tasks.numbers("failsPercent", within: percent) ?? ranges.failsPercent
    ranges.vanishesPercent =
      try tasks.numbers("vanishesPercent", within: percent) ?? ranges.vanishesPercent
    ranges.hangsPercent = try tasks.numbers("hangsPercent", within: percent) ?? ranges.hangsPercent
    ranges.ignoresPercent =
      try tasks.numbers("ignoresPercent", within: percent) ?? ranges.ignoresPercent
    ranges.linesMax = try tasks.numbers("linesMax", within: 0...1_000) ?? ranges.linesMax
    ranges.longest = try tasks.lengths("longest") ?? ranges.longest
    let usual = min(ranges.shortest.upperBound, ranges.longest.lowerBound)
    ranges.shortest = try tasks.lengths("shortest") ?? usual...usual
    guard ranges.shortest.upperBound <= ranges.longest.lowerBound else {
      throw wrong("the shortest task may be longer than the longest", "make it shorter", tasks.node)
    }
    scenario.tasks = ranges
  }

  private static func readExpectations(
    _ root: ScenarioNode, _ scenario: inout Scenario
  ) throws(Finding) {
    guard let node = try root.map("expects", ["struck", "reached", "judged"]) else { return }
    scenario.expects.struck = try node.texts("struck")
    for name in scenario.expects.struck {
      try check(name, among: Faults.all.map { $0.card.name }, "fault", node["struck"])
    }
    scenario.expects.reached = try node.texts("reached")
    scenario.expects.judged = try node.texts("judged")
    for name in scenario.expects.judged {
      try check(name, among: Invariants.all.map { $0.name.words }, "invariant", node["judged"])
    }
  }

  // MARK: Faults

  private static func fault(_ item: SourceNode) throws(Finding) -> ScenarioFault {
    let node = try ScenarioNode(
      item, ["fault", "on", "which", "times", "at", "after", "nth", "plus", "length", "settings"])
    let name = try node.needed("fault")
    guard let card = Faults.named(name)?.card else {
      throw unknown(name, among: Faults.all.map { $0.card.name }, "fault", node["fault"])
    }
    var fault = ScenarioFault(name, beginning: try beginning(node))
    fault.times = try node.numbers("times", within: 0...1_000) ?? fault.times
    fault.length = try node.lengths("length") ?? fault.length
    if let on = try node.text("on") {
      let names = FaultTargets.names(for: card)
      guard !names.isEmpty else {
        throw wrong("`\(name)` strikes no single process or store", "leave `on` out", node["on"])
      }
      try check(on, among: names, "role or store", node["on"])
      fault.on = on
      fault.which = try node.numbers("which", within: 1...20)?.lowerBound
    } else if node["which"] != nil {
      throw wrong("`which` needs `on`", "say of what: `on: worker`", node["which"])
    }
    let known = card.settings.filter { $0 != .target && $0 != .store }
    guard let settings = try node.map("settings", known.map(\.name)) else { return fault }
    for setting in known {
      fault.settings[setting.name] = try settings.numbers(setting.name, within: setting.range)
    }
    return fault
  }

  private static func beginning(
    _ node: ScenarioNode
  ) throws(Finding) -> ScenarioFault.Beginning {
    guard let word = try node.text("after") else {
      guard node["nth"] == nil, node["plus"] == nil else {
        throw wrong(
          "`nth` and `plus` need `after`", "say after what: sim list landmarks", node.node)
      }
      guard let at = try node.lengths("at") else {
        throw wrong("it is not said when it begins", "add `at: 10s..60s` or `after: …`", node.node)
      }
      return .at(at)
    }
    guard node["at"] == nil else {
      throw wrong("it begins both `at` and `after`", "keep one of them", node["at"])
    }
    guard let landmark = Landmark(rawValue: word) else {
      throw unknown(word, among: Landmark.allCases.map(\.rawValue), "landmark", node["after"])
    }
    return .after(
      landmark, nth: try node.numbers("nth", within: 1...100_000) ?? 1...1,
      plus: try node.lengths("plus") ?? .zero...(.zero))
  }

  // MARK: What is wrong

  private static func check(
    _ word: String, among words: [String], _ kind: String, _ node: SourceNode?
  ) throws(Finding) {
    guard words.contains(word) else { throw unknown(word, among: words, kind, node) }
  }

  private static func unknown(
    _ word: String, among words: [String], _ kind: String, _ node: SourceNode?
  ) -> Finding {
    let near = NearestMatch.of(word, among: words)
    return wrong(
      "there is no \(kind) `\(word)`",
      near.map { "did you mean `\($0)`?" }
        ?? "known are \(words.prefix(12).joined(separator: ", "))",
      node)
  }

  private static func wrong(_ what: String, _ hint: String, _ node: SourceNode?) -> Finding {
    Finding(
      code: "wrong-value", message: what, hint: hint, position: node?.position ?? .start)
  }
}
