import Testing

@testable import SimulationKit

struct EventQueueTests {
  @Test func `events come by time and then in the order of scheduling`() {
    var queue = EventQueue()
    var stream = RandomStream(seed: 3)
    for _ in 0..<2_000 { queue.add(ScheduledEvent {}, at: Int64(stream.below(50))) }
    var last: (Int64, UInt64)?
    while queue.nextTime() != nil, let entry = queue.pop() {
      if let last { #expect(last < (entry.time, entry.sequence)) }
      last = (entry.time, entry.sequence)
    }
    #expect(last != nil)
  }

  @Test func `cancelled events neither come nor count`() {
    var queue = EventQueue()
    let first = ScheduledEvent {}
    queue.add(first, at: 1)
    queue.add(ScheduledEvent {}, at: 2)
    first.cancel()
    #expect(queue.nextTime() == 2)
    _ = queue.pop()
    #expect(queue.nextTime() == nil)
  }

  @Test func `order survives the sweep of cancelled events`() {
    var queue = EventQueue()
    for number in 0..<20_000 {
      let event = ScheduledEvent {}
      queue.add(event, at: Int64(number * 7_919 % 10_007))
      if number % 3 != 0 { event.cancel() }
    }
    var times: [Int64] = []
    while let time = queue.nextTime() {
      times.append(time)
      _ = queue.pop()
    }
    #expect(times.count == 6_667)
    #expect(times == times.sorted())
  }
}
