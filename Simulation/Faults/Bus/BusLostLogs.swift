internal import SimulationFakes
internal import SimulationKit

/// A broker has lost logs that it had acknowledged: they are made anew, empty.
///
/// Those of requests, hints, results and ends only: what else is lost with a broker's disk nobody
/// sends again (docs/guarantees.md).
public struct BusLostLogs: Fault {
  public static let card = FaultCard(
    "K4", "bus-lost-logs", "logs that were acknowledged are gone, and made anew, empty", [.target],
    evidence: ["bus.recreate"])

  private static let topics = [
    ["workflow.started"], ["task.completed", "task.failed"], ["task.scheduled.default"],
    ["workflow.completed"],
    [
      "workflow.started", "task.completed", "task.failed", "task.scheduled.default",
      "workflow.completed",
    ],
  ]

  let settings: FaultSettings

  public init(_ settings: FaultSettings) { self.settings = settings }

  public func begin(on stage: Stage) {
    for topic in BusLostLogs.topics[settings["target"] % BusLostLogs.topics.count] {
      stage.bus.recreate(topic)
    }
  }
}
