internal import Domain
internal import Ports
internal import SimulationFakes
internal import SimulationKit

/// How the tasks of a world behave: shares of a hundred, and lengths.
public struct TaskModel: Hashable, Sendable {
  public var failsPercent = 8
  /// Of later attempts, in a world where attempts fail at all: what has failed fails again.
  public static let failsAgainPercent = 40
  public var vanishesPercent = 1
  public var hangsPercent = 2
  /// Of those that are told to stop: how many do not listen.
  public var ignoresPercent = 10
  public var shortest: Duration = .milliseconds(50)
  public var longest: Duration = .seconds(15)
  public var linesMax = 6

  public init() {}

  /// What one attempt does, drawn anew for each.
  func script(_ order: WorkOrder, _ random: WorldRandom) -> ExecutionScript {
    // Lengths over several orders of magnitude, as they are in life.
    let span = max(longest - shortest, .zero)
    let share = random.below(1_000) * random.below(1_000)
    let length = shortest + span * share / 1_000_000
    let lines = (0..<random.below(linesMax + 1)).map { "line \($0)" }
    let fate = random.below(100)
    let isFirst = order.attempt.fence.number <= 1
    let failsPercent =
      isFirst || failsPercent == 0
      ? failsPercent : max(failsPercent, TaskModel.failsAgainPercent)
    let ignores = random.happens(.percent(ignoresPercent))
    let termination: ExecutionScript.Termination =
      ignores ? .ignores : .obeys(after: .milliseconds(10))
    var script: ExecutionScript
    switch fate {
    case ..<failsPercent: script = .fails(after: length, printing: lines)
    case ..<(failsPercent + vanishesPercent): script = .vanishes(after: length)
    case ..<(failsPercent + vanishesPercent + hangsPercent):
      script = .hangs(printing: lines, termination: termination)
    default:
      script = .succeeds(
        after: length, outputs: order.outputs.mapValues { SampleValue.of($0) }, printing: lines)
    }
    script.termination = termination
    return script
  }
}
