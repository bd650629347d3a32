import Domain
import Foundation
import SimulationFaults
import SimulationScenarios
import SimulationWorld
import Testing
import YAMLAdapter

/// The scenarios of the folder `scenarios/`, and what is said of wrong ones.
struct ScenarioTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "scenarios").path

  private static let files: [String] =
    (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? [])
    .filter { $0.hasSuffix(".yaml") }.sorted()

  private static func read(_ text: String) throws -> Scenario {
    try ScenarioReader.read(try LibYAMLScanner().scan(Array(text.utf8)))
  }

  private static func load(_ file: String) throws -> Scenario {
    try read(try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8))
  }

  @Test func `there are at least twenty-five, each with the name of its file`() throws {
    #expect(Self.files.filter { !$0.contains("/") }.count >= 25)
    for file in Self.files {
      let scenario = try Self.load(file)
      #expect(file.split(separator: "/").last == "\(scenario.name).yaml")
      #expect(!scenario.does.isEmpty)
    }
  }

  @Test(arguments: files)
  func `every world of a scenario is possible, and can be written down`(file: String) throws {
    let scenario = try Self.load(file)
    for seed in 0..<40 as Range<UInt64> {
      let plan = WorldPlan.draw(scenario, seed: seed)
      #expect(plan.impossibility == nil)
      #expect(plan == .draw(scenario, seed: seed))
      let bundle = Bundle(seed: seed, plan: plan, signature: "", message: "", trace: "")
      #expect(try Bundle(json: Array(bundle.json.utf8)).plan == plan)
      let text = ScenarioText(scenario.name, bundle).text
      let again = WorldPlan.draw(try Self.read(text), seed: seed)
      #expect(Self.named(again) == Self.named(plan), "\(text)")
    }
  }

  /// With what a fault strikes as the smallest number that stands for it.
  private static func named(_ plan: WorldPlan) -> WorldPlan {
    var plan = plan
    for place in plan.faults.indices {
      let fault = plan.faults[place]
      guard let card = Faults.named(fault.fault)?.card,
        let target = fault.settings.values["target"]
      else { continue }
      let places = FaultTargets.names(for: card).reduce(0) { sum, name in
        sum + (card.settings.contains(.target) ? plan.topology.count(of: name) : 1)
      }
      plan.faults[place].settings.values["target"] = target % places
    }
    return plan
  }

  /// What was found once must not come back.
  @Test(arguments: files.filter { $0.hasPrefix("regressions/") })
  func `what was found once stays away`(file: String) throws {
    let scenario = try Self.load(file)
    for seed in scenario.seed.map({ [$0] }) ?? [1, 2] {
      let verdict = WorldRun(seed: seed, .draw(scenario, seed: seed)).run()
      #expect(verdict.isGood, "seed \(seed): \(verdict.message)")
    }
  }

  @Test func `a fault begins within the instant of its landmark`() throws {
    var plan = WorldPlan.draw(
      try Self.read(
        """
        scenario: one
        does: kills a worker when an attempt is leased
        world: { schedulers: 1, workers: 1, length: 60s }
        faults:
          - { fault: process-kill, on: worker, after: attempt-leased, nth: 2 }
        """), seed: 5)
    plan.workload.runsPerUser = 3
    var world = WorldRun(seed: 5, plan)
    let chronicle = Chronicle()
    world.chronicle = chronicle
    #expect(world.run().isGood)
    let leases = chronicle.entries.filter { $0.text.hasPrefix("leases ") }
    let fault = try #require(chronicle.entries.first { $0.text.hasPrefix("begins: process-kill") })
    #expect(leases.count > 2)
    #expect(fault.at == leases[1].at)
  }

  @Test(arguments: [
    ("does: x", 1, "`scenario` is missing"),
    ("scenario: a\ndoes: x\nwolrd: {}", 3, "no key `wolrd`"),
    ("scenario: a\ndoes: x\nworld: { workers: 0 }", 3, "`workers` is '0'"),
    ("scenario: a\ndoes: x\nworld: { workers: 3..2 }", 3, "`workers` is '3..2'"),
    ("scenario: a\ndoes: x\nworld: { workers: 1, lostWorkers: 1 }", 3, "more processes"),
    ("scenario: a\ndoes: x\nworld: { length: 5 }", 3, "`length` is '5'"),
    ("scenario: a\ndoes: x\nprofile: swam", 3, "no profile `swam`"),
    ("scenario: a\ndoes: x\nseed: -1", 3, "`seed` is '-1'"),
    ("scenario: a\ndoes: x\nfaults: [{ fault: process-kil, at: 1s }]", 3, "no fault"),
    ("scenario: a\ndoes: x\nfaults: [{ fault: process-kill }]", 3, "when it begins"),
    ("scenario: a\ndoes: x\nfaults:\n- { fault: bus-down, on: iam, at: 1s }", 4, "no single"),
    ("scenario: a\ndoes: x\nfaults:\n- { fault: process-kill, after: leased }", 4, "no landmark"),
    ("scenario: a\ndoes: x\nfaults:\n- { fault: process-kill, at: 1s, nth: 2 }", 4, "`after`"),
    (
      "scenario: a\ndoes: x\nfaults:\n- { fault: process-pause, at: 1s, settings: { lenth: 1 } }",
      4, "no key"
    ),
    ("scenario: a\ndoes: x\nexpects: { judged: [one-leese] }", 3, "no invariant"),
    ("scenario: a\ndoes: x\ntasks: { shortest: 9s, longest: 1s..20s }", 3, "shortest"),
    ("scenario: a\nscenario: b", 2, "twice"), ("[1, 2]", 1, "no map"),
  ])
  func `what is wrong is said, and where`(text: String, line: Int, said: String) {
    let error = #expect(throws: Finding.self) { try Self.read(text) }
    #expect(error?.position.line == line, "\(error as Any)")
    #expect(error?.message.contains(said) == true, "\(error as Any)")
    #expect(error?.hint.isEmpty == false)
  }

  /// Faults strike processes and stores by numbers; names must mean the same ones.
  @Test func `names of roles and stores are in the order of the platform`() {
    #expect(FaultTargets.roles == SimulationWorld.Role.allCases.map(\.rawValue))
    for fault in Faults.all where !FaultTargets.names(for: fault.card).isEmpty {
      for target in [0, 3, 7, 999] {
        let count: (String) -> Int = { $0 == "worker" ? 3 : $0 == "scheduler" ? 2 : 1 }
        #expect(FaultTargets.name(of: target, for: fault.card, count: count) != nil)
      }
    }
  }
}
