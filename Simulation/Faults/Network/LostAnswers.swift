internal import SimulationFakes
internal import SimulationKit

/// Answers are lost after the request was carried out.
public struct LostAnswers: Fault {
  public static let card = FaultCard(
    "N2b", "lost-answers", "answers are lost after the request was carried out",
    [FaultSetting("share", .percent, 1...30)], evidence: ["network.answer-lost"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.network.faults.answerLost = settings.chance("share")
  }

  public func heal(on stage: Stage) {
    stage.network.faults.answerLost = .never
  }
}
