import KafkaAdapter
import Ports
import Testing

@testable import Composition

@Suite struct PlatformTopicsTests {
  /// What services publish to and read from.
  private static let used = [
    "workflow.started", "workflow.completed", "task.completed", "task.failed", "task.logs",
    "run.commands", "limit.requests", "metadata.dead-letters", "artifact.dead-letters",
    "notification.dead-letters", "task.scheduled.default",
  ]

  @Test(arguments: used)
  func `every topic that is used is declared`(_ name: String) {
    #expect(TopicName.isDeclared(name, in: PlatformTopics.declarations))
  }

  @Test func `everything that the file declares is read`() {
    #expect(PlatformTopics.all.count == Self.used.count)
    #expect(PlatformTopics.all.allSatisfy { $0.retainFor >= .seconds(24 * 3_600) })
  }
}
