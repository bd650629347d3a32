internal import Ports
internal import SystemAdapter

/// One call of `commit`, kept by the library until its result has come.
final class CommitWait: Sendable {
  let offsets: [TopicPartition: Int64]
  let isForced: Bool
  let answer = PendingAnswer<BusError?>()

  init(_ offsets: [TopicPartition: Int64], isForced: Bool) {
    self.offsets = offsets
    self.isForced = isForced
  }
}
