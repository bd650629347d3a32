public import Domain
public import Ports

/// What a fake execution does, step by step.
public struct ExecutionScript: Sendable {
  public enum Step: Hashable, Sendable {
    case wait(Duration)
    case print(OutputLine.Stream, String)
  }

  public enum Ending: Hashable, Sendable {
    case ends(ExecutionResult)
    /// Runs until it is stopped.
    case hangs
    /// The executor loses sight of it.
    case vanishes
  }

  public enum Termination: Hashable, Sendable {
    /// The polite signal ends it after a while.
    case obeys(after: Duration)
    /// Only a kill ends it.
    case ignores
    /// It ends by itself after a while, with a result of its own.
    case finishes(ExecutionResult, after: Duration)
  }

  public var steps: [Step]
  public var ending: Ending
  public var termination: Termination
  /// What it leaves in its folder, however it ends.
  public var makes: SortedMap<String, [UInt8]> = [:]

  public init(
    steps: [Step] = [], ending: Ending, termination: Termination = .obeys(after: .zero)
  ) {
    self.steps = steps
    self.ending = ending
    self.termination = termination
  }

  /// Ends well after a while, having printed one line after the other.
  public static func succeeds(
    after length: Duration = .zero, outputs: SortedMap<String, Value> = [:],
    printing lines: [String] = []
  ) -> ExecutionScript {
    ExecutionScript(
      steps: steps(length, lines), ending: .ends(.succeeded(outputs: outputs)))
  }

  public static func fails(
    exitCode: Int = 1, after length: Duration = .zero, printing lines: [String] = []
  ) -> ExecutionScript {
    let reason = Reason(
      code: "exit-code", message: "the task ended with exit code \(exitCode)", since: .start)
    return ExecutionScript(
      steps: steps(length, lines), ending: .ends(.failed(exitCode: exitCode, reason: reason)))
  }

  public static func hangs(
    printing lines: [String] = [], termination: Termination = .obeys(after: .zero)
  ) -> ExecutionScript {
    ExecutionScript(
      steps: steps(.zero, lines), ending: .hangs, termination: termination)
  }

  public static func vanishes(after length: Duration = .zero) -> ExecutionScript {
    ExecutionScript(steps: [.wait(length)], ending: .vanishes)
  }

  /// The lines come evenly within the length.
  private static func steps(_ length: Duration, _ lines: [String]) -> [Step] {
    let pause = length / (lines.count + 1)
    return lines.flatMap { [.wait(pause), .print(.out, $0)] } + [.wait(pause)]
  }
}
