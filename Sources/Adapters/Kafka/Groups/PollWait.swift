internal import Domain
internal import Ports
internal import SystemAdapter

/// One call of `poll`. Confined to the loop but for its answer.
final class PollWait: @unchecked Sendable {
  let recordsMax: Int
  let deadline: Uptime
  let answer = PendingAnswer<Result<[BusDelivery], BusError>>()
  private(set) var isOver = false
  var timer: LoopTimer?

  init(recordsMax: Int, until deadline: Uptime) {
    self.recordsMax = recordsMax
    self.deadline = deadline
  }

  func end(_ outcome: Result<[BusDelivery], BusError>) {
    isOver = true
    timer?.cancel()
    timer = nil
    answer.end(outcome)
  }
}
