import Ports
import Testing

@testable import KafkaAdapter

struct EventAttributesTests {
  private let topics = [
    KafkaTopic(.topic("task.completed")), KafkaTopic(.family(prefix: "task.scheduled.")),
  ]

  private func headers(_ record: BusRecord) -> [String: String] {
    var attributes = EventAttributes(source: "/millrace.scheduler.0")
    return Dictionary(
      uniqueKeysWithValues: attributes.headers(of: record, topics).map { ($0.name, $0.value) })
  }

  @Test func `a record says what it is, as CloudEvents do`() {
    let record = BusRecord(topic: "task.completed", key: "run", value: [1, 2])
    let found = headers(record)
    #expect(found["ce_specversion"] == "1.0")
    #expect(found["ce_type"] == "dev.millrace.task.completed")
    #expect(found["ce_source"] == "/millrace.scheduler.0")
    #expect(found["content-type"] == "application/protobuf")
    #expect(found["ce_id"]?.count == 32)
    #expect(found.keys.allSatisfy { EventAttributes.isOwn($0) })
    #expect(!EventAttributes.isOwn("traceparent"))
  }

  @Test func `topics of one family have events of one type`() {
    let record = BusRecord(topic: "task.scheduled.gpu", key: "a", value: [])
    #expect(headers(record)["ce_type"] == "dev.millrace.task.scheduled")
  }

  @Test func `what is published again has the same id, and nothing else has`() {
    let record = BusRecord(topic: "task.completed", key: "run", value: [1, 2])
    let others = [
      BusRecord(topic: "task.failed", key: "run", value: [1, 2]),
      BusRecord(topic: "task.completed", key: "ru", value: [1, 2]),
      BusRecord(topic: "task.completed", key: "run", value: [1]),
      BusRecord(topic: "task.completed", key: "run", value: [2, 1]),
    ]
    #expect(headers(record)["ce_id"] == headers(record)["ce_id"])
    #expect(Set(([record] + others).map { headers($0)["ce_id"] }).count == 5)
  }
}
