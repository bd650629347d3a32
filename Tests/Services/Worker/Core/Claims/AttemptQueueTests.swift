import Domain
import Testing

@testable import WorkerCore

struct AttemptQueueTests {
  private func queue(_ numbers: some Sequence<Int>) -> AttemptQueue {
    var queue = AttemptQueue()
    for number in numbers { queue.append(Sample.attempt(number)) }
    return queue
  }

  @Test func `attempts come out in the order in which they came, each once`() {
    var queue = queue([3, 1, 2, 1, 3])
    #expect(queue.count == 3)
    #expect(queue.removeFirst(2) == [Sample.attempt(3), Sample.attempt(1)])
    #expect(queue.removeFirst(2) == [Sample.attempt(2)])
    #expect(queue.isEmpty)
  }

  @Test func `what was taken out is gone, and comes behind the others when it is added again`() {
    var queue = queue(1...3)
    queue.remove(Sample.attempt(1))
    queue.remove(Sample.attempt(9))
    #expect(!queue.contains(Sample.attempt(1)))
    queue.append(Sample.attempt(1))
    #expect(queue.all == [2, 3, 1].map { Sample.attempt($0) })
    #expect(queue == self.queue([2, 3, 1]))
    #expect(queue != self.queue([1, 2, 3]))
    #expect(queue.removeFirst(3) == [2, 3, 1].map { Sample.attempt($0) })
  }

  /// As a worker does all day: what is left of the past must not grow.
  @Test func `it goes on for ever`() {
    var queue = queue(1...2)
    for number in 3...10_000 {
      queue.append(Sample.attempt(number))
      #expect(queue.removeFirst(1) == [Sample.attempt(number - 2)])
    }
    #expect(queue.all == [Sample.attempt(9_999), Sample.attempt(10_000)])
  }
}
