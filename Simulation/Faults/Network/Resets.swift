internal import SimulationFakes
internal import SimulationKit

/// Connections break, and their callers learn it at once.
public struct Resets: Fault {
  public static let card = FaultCard(
    "N9a", "resets", "connections break, and their callers learn it at once",
    [FaultSetting("share", .percent, 1...20)], evidence: ["network.answer-lost"])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    stage.network.faults.answerLost = settings.chance("share")
    stage.network.faults.resetsWhenLost = .always
  }

  public func heal(on stage: Stage) {
    stage.network.faults.answerLost = .never
    stage.network.faults.resetsWhenLost = .percent(50)
  }
}
