internal import Domain
internal import SimulationConsole

/// `millrace sim …`: a workflow under the faults of the platform, without a server.
enum SimulationVerbs {
  static let all: [Verb] = [run, replay, explain, shrink]

  private static let subject: [Verb.Option] = [
    .init("workflow", value: "FILE", "the workflow, when a seed is given"),
    .init("profile", value: "P", "one kind of world only"),
    .init("task", value: "HINT", isRepeatable: true, "as for `sim run`"),
    .init("runs", value: "N", "runs in each world (default: 5)"),
  ]

  static let run = Verb(
    "sim run", "Run a workflow through seeded disasters", operands: "FILE", count: 1...1,
    options: [
      .init("seeds", value: "N", "worlds to run (default: 100)"),
      .init("from", value: "SEED", "the first seed (default: another one each time)"),
      .init("jobs", value: "J", "worlds at once (default: 2)"),
      .init("time-limit", value: "S", "seconds after which no world begins"),
      .init("failures", value: "FOLDER", "where bundles go (default: sim-failures)"),
      .init("profile", value: "P", "one kind of world only, such as zombie"),
      .init(
        "task", value: "HINT", isRepeatable: true,
        "what a task does: 'NAME effect=once lasts=1s..30s fails=5'"),
      .init("runs", value: "N", "runs in each world (default: 5)"),
      .init("first-failure", "end with the first world that fails"),
      .init("no-shrink", "do not look for smaller worlds that fail"),
      .init("json", "print JSON"),
    ],
    examples: [
      "millrace sim run ci.yaml --seeds 1000",
      "millrace sim run ci.yaml --task 'deploy effect=once lasts=5s..60s'",
    ]
  ) { call in
    try simulate(["run", "--workflow", call.operand(0)], call)
  }

  static let replay = Verb(
    "sim replay", "Run one world again and tell what happens in it", operands: "SEED|BUNDLE",
    count: 1...1,
    options: subject + [
      .init("until", value: "S", "seconds of virtual time to tell of"),
      .init("inspect", value: "TEXT", "only lines with this text"),
      .init("step", "wait for a key after each line"),
    ], examples: ["millrace sim replay 77 --workflow ci.yaml --inspect deploy"]
  ) { call in
    try simulate(["replay", call.operand(0)], call)
  }

  static let explain = Verb(
    "sim explain", "One page about a world that failed", operands: "SEED|BUNDLE", count: 1...1,
    options: subject, examples: ["millrace sim explain sim-failures/effect-once/zombie-77.json"]
  ) { call in
    try simulate(["explain", call.operand(0)], call)
  }

  static let shrink = Verb(
    "sim shrink", "The smallest world that fails in the same way", operands: "SEED|BUNDLE",
    count: 1...1,
    options: subject + [
      .init("time-limit", value: "S", "seconds to look for (default: 60)"),
      .init("to", value: "FILE", "where the bundle goes"),
    ]
  ) { call in
    try simulate(["shrink", call.operand(0)], call)
  }

  /// Worlds run on threads of their own; the simulator says itself what there is to say.
  private static func simulate(
    _ words: [String], _ call: Call
  ) throws -> ExitCode {
    var all = words
    for option in call.verb.options {
      if option.value == nil {
        if call.has(option.name) { all.append("--\(option.name)") }
      } else {
        for value in call.all(option.name) { all += ["--\(option.name)", value] }
      }
    }
    return ExitCode(rawValue: SimulatorConsole.run(all)) ?? .failed
  }
}
