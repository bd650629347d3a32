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
        BusRecord(topic: topic, key: "poison-\(number)", value: BusPoison.bytes)
      ])
    }
  }

  /// No message begins like this: the tag names field 0.
  public static let bytes: [UInt8] = [0x00, 0x70, 0x6f, 0x69, 0x73, 0x6f, 0x6e]
}
