internal import Domain
internal import Glibc

/// The command line of the simulator, for `sim` and `millrace sim`.
public enum SimulatorConsole {
  /// - Returns: the exit code.
  public static func run(_ arguments: [String]) -> Int32 { Program().run(arguments).rawValue }
}

/// The verbs of the simulator.
struct Program {
  private typealias Verb = @Sendable (Options.Words) throws(Refusal) -> ExitCode

  private static let verbs: [(name: String, run: Verb)] = [
    ("run", RunVerb.run), ("replay", ReplayVerb.run), ("explain", ExplainVerb.run),
    ("shrink", ShrinkVerb.run), ("emit", EmitVerb.run), ("diff", DiffVerb.run),
    ("reach", ReachVerb.run), ("restore", RestoreVerb.run), ("list", ListVerb.run),
  ]

  static let help = """
    sim: the whole platform through seeded disasters

      sim run [--seeds N] [--from SEED] [--jobs J] [--time-limit S] [--first-failure]
              [--failures FOLDER] [--canary] [--no-shrink] [--json]
                    runs worlds: of a profile or scenario, or of all profiles in turn
      sim replay SEED | BUNDLE [--until S] [--inspect ID] [--step]
                    runs one world again and tells what happens in it
      sim explain SEED | BUNDLE
                    one page: what was broken, and what led to it
      sim shrink SEED | BUNDLE [--time-limit S] [--to FILE]
                    looks for the smallest world that fails in the same way
      sim emit SEED | BUNDLE [--name NAME] [--to FILE] [--as scenario|swift]
                    a failure as a scenario for scenarios/regressions/, or as a test of it
      sim diff A B
                    where two worlds part
      sim reach [--seeds N] [--from SEED] [--jobs J] [--to FOLDER] [--strict]
                    which fault met what, and what no world has reached
      sim restore [--seeds N] [--from SEED]
                    disasters after which each kind of store comes back from another moment
      sim list faults | invariants | profiles | scenarios | landmarks | probes

    Every verb takes --profile P or --scenario S: a file, a folder, or a name below scenarios/.
    A seed without either has the profile that `sim run` gives it. With --workflow FILE the worlds
    run that workflow: --runs N of it in each, --task 'NAME effect=once lasts=1s..30s fails=5' says
    what a task does, and so do lines `# sim: NAME …` in the file.

    Failures are kept as bundles in sim-failures/SIGNATURE/SEED.json. Exit codes: 0 good, 2 usage,
    10 safety, 11 liveness, 12 crash, 13 nondeterministic, 14 limit, 15 something was never
    reached, 17 canary, 66 file.
    """

  func run(_ arguments: [String]) -> ExitCode {
    guard let word = arguments.first else {
      Say.error(Program.help)
      return .usage
    }
    if ["help", "--help", "-h"].contains(word) {
      Say.line(Program.help)
      return .good
    }
    do throws(Refusal) {
      guard let verb = Program.verbs.first(where: { $0.name == word }) else {
        let near = NearestMatch.of(word, among: Program.verbs.map(\.name))
        throw Refusal(
          "there is no verb `\(word)`",
          fix: near.map { "did you mean `sim \($0)`?" } ?? "sim help lists all verbs")
      }
      return try verb.run(Array(arguments.dropFirst()))
    } catch {
      Say.error("error: \(error.what)\nfix: \(error.fix)")
      return error.code
    }
  }
}

extension Options {
  typealias Words = [String]
}

enum Say {
  /// How this program is called: `sim`, or `millrace sim`.
  static let program =
    CommandLine.arguments.first?.split(separator: "/").last == "sim" ? "sim" : "millrace sim"

  static func line(_ text: String) { write(1, text) }
  static func error(_ text: String) { write(2, text) }

  /// At once and whole, so that lines of several threads do not mix.
  private static func write(_ descriptor: Int32, _ text: String) {
    let bytes = Array((text + "\n").utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.write(descriptor, buffer.baseAddress.map { $0 + sent }, bytes.count - sent)
      }
      guard count > 0 else { return }
      sent += count
    }
  }
}
