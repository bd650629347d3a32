import Domain
import Ports
import ServiceKit
import Testing

struct StoredOffsetsTests {
  private func delivery(_ partition: Int, _ offset: Int64) -> BusDelivery {
    BusDelivery(
      place: TopicPartition("task.logs", partition), offset: offset,
      record: BusRecord(topic: "task.logs", key: "a", value: []),
      stampedAt: Moment(microseconds: 0))
  }

  private func at(_ milliseconds: Int64) -> Uptime { .start + .milliseconds(milliseconds) }

  @Test func `the last record of each partition is due when the oldest has waited long enough`() {
    var stored = StoredOffsets(commitEvery: .seconds(1))
    stored.add([delivery(0, 1), delivery(1, 7), delivery(0, 2)], at: at(0))
    stored.add([delivery(0, 3)], at: at(900))
    #expect(stored.due(at: at(999)) == nil)
    let due = stored.due(at: at(1_000))?.map { [Int64($0.place.partition), $0.offset] }
    #expect(due == [[0, 3], [1, 7]])
    #expect(stored.due(at: at(5_000)) == nil, "it counts as committed")
  }

  @Test func `a poll waits no longer than until something is due`() {
    var stored = StoredOffsets(commitEvery: .seconds(1))
    #expect(stored.wait(at: at(0), most: .seconds(20)) == .seconds(20))
    stored.add([delivery(0, 1)], at: at(100))
    #expect(stored.wait(at: at(400), most: .seconds(20)) == .milliseconds(700))
    #expect(stored.wait(at: at(9_000), most: .seconds(20)) == .zero)
    #expect(stored.takeAll()?.count == 1)
    #expect(stored.takeAll() == nil)
  }
}
