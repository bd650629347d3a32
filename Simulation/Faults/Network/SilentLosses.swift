internal import SimulationFakes
internal import SimulationKit

/// What is lost is not noticed until the caller's time is over.
public struct SilentLosses: Fault {
  public static let card = FaultCard(
    "N9c", "silent-losses", "what is lost is not noticed until the caller's time is over",
    [FaultSetting("share", .percent, 1...15)],
    evidence: ["network.request-lost", "network.answer-lost"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.network.faults.answerLost = settings.chance("share")
    stage.network.faults.requestLost = settings.chance("share")
    stage.network.faults.resetsWhenLost = .never
  }

  public func heal(on stage: Stage) {
    stage.network.faults.answerLost = .never
    stage.network.faults.requestLost = .never
    stage.network.faults.resetsWhenLost = .percent(50)
  }
}
