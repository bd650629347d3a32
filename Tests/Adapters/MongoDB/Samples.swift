import Domain
import Ports

extension RunID {
  static func sample(_ number: UInt64) -> RunID {
    RunID(SortableID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | number))
  }
}

extension AttemptID {
  static let sample = AttemptID(
    run: .sample(1), task: TaskKey(TaskName(unchecked: "t")), fence: Fence(1))
}

extension LogChunk {
  static func sample(_ lines: Range<Int64>, of attempt: AttemptID) -> LogChunk {
    LogChunk(
      attempt: attempt, first: lines.lowerBound,
      lines: lines.map { OutputLine(stream: .out, bytes: [UInt8]("line \($0)".utf8), at: .start) })
  }
}

extension JobDocument {
  static func sample(_ number: UInt64, state: String = "running") -> JobDocument {
    JobDocument(
      run: .sample(number), namespace: .default, workflow: WorkflowName(unchecked: "build"),
      version: VersionID("v1"), revision: 1, state: state,
      createdAt: Moment(microseconds: Int64(number)))
  }
}
