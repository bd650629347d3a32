import Domain
import Ports

extension AttemptID {
  static let sample = AttemptID(
    run: RunID(SortableID(high: 1, low: 2)), task: TaskKey(TaskName(unchecked: "t")),
    fence: Fence(1))
}

extension LogChunk {
  /// One line.
  static func sample(_ first: Int64, of attempt: AttemptID) -> LogChunk {
    LogChunk(
      attempt: attempt, first: first,
      lines: [OutputLine(stream: .out, bytes: [1], at: .start)])
  }
}
