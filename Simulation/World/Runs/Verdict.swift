public import Domain
public import SimulationKit
public import SimulationOracles

/// How a world ended.
public struct Verdict: Sendable {
  public var seed: UInt64
  /// Why it failed; nil when everything held.
  public var failure: SimulationError?
  /// What was broken, when an invariant was.
  public var violations: [Violation]
  public var trace: TraceHash
  /// Virtual time that passed.
  public var length: Duration
  public var facts: Int
  /// How often each invariant had something to judge.
  public var looks: SortedMap<InvariantName, Int>
  public var attempts: Int
  public var runs: Int

  /// How often each kind of fault did something.
  public var struck: SortedMap<String, Int>
  /// How often each mark was reached.
  public var marks: SortedMap<String, Int>
  /// What faults found under way when they began.
  public var reach: Reach
  /// What was seen of a user's own workflow.
  public var study: Study?

  public var isGood: Bool { failure == nil && violations.isEmpty }

  public var message: String {
    violations.first?.description ?? failure.map { "\($0)" } ?? "everything held"
  }

  /// What kind of failure it is: worlds with the same one most likely have the same cause.
  public var signature: String {
    if let violation = violations.first { return violation.invariant.words }
    guard let failure else { return "good" }
    return switch failure.cause {
    case .deadlock: "deadlock"
    case .stepLimit, .spinning, .timeLimit: "limit"
    case .escaped: "escaped"
    case .processFailed: "process-failed"
    case .nondeterministic: "nondeterministic"
    case .waitedInVain: "waited-in-vain"
    case .bodyFailed: Verdict.signature(ofMessage: failure.message)
    }
  }

  private static func signature(ofMessage message: String) -> String {
    if message.contains("L1 everything-ends") { return "everything-ends" }
    if message.contains("effect-once:") { return "effect-once" }
    return message.contains("canary:") ? "canary" : "body-failed"
  }
}
