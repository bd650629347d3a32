internal import Ports
internal import SimulationFakes
internal import SimulationKit

/// A record comes that nobody can read.
public struct BusPoison: Fault {
  public static let card = FaultCard(
    "K10", "bus-poison", "a record comes that nobody can read",
    [.target, FaultSetting("count", .count, 1...3)])

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    let topics = ["workflow.started", "task.completed", "task.failed", "run.commands"]
    let topic = topics[settings["target"] % topics.count]
    for number in 0..<settings["count"] {
      stage.bus.append([
        BusRecord(topic: topic, key: "poison-\(number)", value: Poison.mark)
      ])
    }
  }
}
