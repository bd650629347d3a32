internal import Domain
internal import Ports
internal import SystemAdapter

/// One call of `fetch`, with what it waits for. Confined to the loop but for its answer.
final class FetchWait: @unchecked Sendable {
  typealias Answer = Result<[BusDelivery], BusError>

  let from: [(place: TopicPartition, offset: Int64)]
  let recordsMax: Int
  /// When nothing is an answer.
  let deadline: Uptime
  /// Whether each place must have been asked of the broker before nothing is an answer.
  let isCareful: Bool
  let answer = PendingAnswer<Answer>()
  private(set) var isOver = false
  var timer: LoopTimer?

  init(
    _ from: [(place: TopicPartition, offset: Int64)], recordsMax: Int, until deadline: Uptime,
    isCareful: Bool
  ) {
    self.from = from
    self.recordsMax = recordsMax
    self.deadline = deadline
    self.isCareful = isCareful
  }

  func end(_ outcome: Answer) {
    isOver = true
    timer?.cancel()
    timer = nil
    answer.end(outcome)
  }
}
