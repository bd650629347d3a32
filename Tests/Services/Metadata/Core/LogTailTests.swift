import Domain
import Testing

@testable import MetadataCore

@Suite struct LogTailTests {
  private static let patience = LogPatience(known: .seconds(30), unknown: .seconds(5))
  private static let now = Uptime(microseconds: 1_000_000)

  private func step(
    _ tail: inout LogTail, _ position: Int64, isLast: Bool = false, _ end: LogEnd,
    after length: Duration = .zero
  ) -> LogTail.Step {
    tail.read(
      to: position, isLast: isLast, end: end, LogTailTests.patience,
      at: LogTailTests.now + length)
  }

  @Test func `an open log waits without limit`() {
    var tail = LogTail()
    #expect(step(&tail, 3, .open) == .readOn)
    #expect(step(&tail, 3, .open) == .wait(until: nil))
    #expect(step(&tail, 3, .open, after: .seconds(86_400)) == .wait(until: nil))
  }

  @Test func `a log is complete with its last line, however that is known`() {
    var byChunk = LogTail()
    #expect(step(&byChunk, 3, isLast: true, .open) == .complete)
    var byCount = LogTail()
    #expect(step(&byCount, 3, .after(lines: 3)) == .complete)
    var silent = LogTail()
    #expect(step(&silent, 0, .after(lines: 0)) == .complete)
    var beyond = LogTail(from: 9)
    #expect(step(&beyond, 9, .after(lines: 3)) == .complete)
  }

  /// Goal: silence is counted from the last line, and from when the end was known.
  @Test func `a log whose length is known is given up when no line has come for too long`() {
    var tail = LogTail()
    let end = LogEnd.after(lines: 5)
    #expect(step(&tail, 0, .open, after: .seconds(-500)) == .wait(until: nil))
    #expect(step(&tail, 0, end) == .wait(until: LogTailTests.now + .seconds(30)))
    #expect(step(&tail, 2, end, after: .seconds(29)) == .readOn)
    #expect(
      step(&tail, 2, end, after: .seconds(29)) == .wait(until: LogTailTests.now + .seconds(59)))
    #expect(step(&tail, 2, end, after: .seconds(59)) == .incomplete(missing: 3))
    #expect(step(&tail, 5, end, after: .seconds(59)) == .complete)
  }

  @Test func `a log whose length nobody knows is given up sooner`() {
    var tail = LogTail()
    #expect(step(&tail, 1, .unknown) == .readOn)
    #expect(step(&tail, 1, .unknown) == .wait(until: LogTailTests.now + .seconds(5)))
    #expect(step(&tail, 1, .unknown, after: .seconds(5)) == .incomplete(missing: nil))
  }

  @Test func `what was read twice counts once`() {
    var tail = LogTail()
    #expect(step(&tail, 4, .open) == .readOn)
    #expect(step(&tail, 2, .open) == .wait(until: nil))
    #expect(tail.next == 4)
  }
}
