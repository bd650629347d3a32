import Domain
import Testing

@testable import MetadataCore

struct WorkflowSummaryTests {
  @Test func `quantiles are lengths that were measured`() {
    var lengths = Lengths()
    #expect(lengths.quantiles([50]) == nil)
    for second in (1...100).reversed() { lengths.add(.seconds(second)) }
    #expect(
      lengths.quantiles([0, 1, 50, 95, 99, 100]) == [1, 1, 50, 95, 99, 100].map { .seconds($0) })
    var few = Lengths()
    few.add(.seconds(-5))
    few.add(.seconds(3))
    #expect(few.quantiles([50, 51, 95]) == [.zero, .seconds(3), .seconds(3)])
  }

  @Test func `runs that somebody cancelled are no failures`() {
    var summary = WorkflowSummary()
    let start = Moment(microseconds: 10_000_000)
    for (state, count) in [("succeeded", 6), ("failed", 1), ("timedOut", 1), ("cancelled", 9)] {
      for _ in 0..<count {
        summary.add(
          state: state, createdAt: start, startedAt: start + .seconds(1),
          endedAt: start + .seconds(3))
      }
    }
    // One that ended in line.
    summary.add(state: "cancelled", createdAt: start, startedAt: nil, endedAt: start)
    #expect(summary.runs == 18)
    #expect(summary.failuresPerThousand == 250)
    #expect(summary.wait.count == 17)
    #expect(summary.wait.quantiles([50, 100]) == [.seconds(1), .seconds(1)])
    #expect(summary.took.quantiles([95]) == [.seconds(2)])
    #expect(WorkflowSummary().failuresPerThousand == nil)
  }

  @Test func `instances of a task count as one task`() {
    var summary = WorkflowSummary()
    for index in 0..<4 {
      summary.add(
        task: TaskKey(TaskName(unchecked: "t"), index: index), state: "succeeded",
        attempts: [
          AttemptLengths(wait: .seconds(index), took: nil),
          AttemptLengths(wait: nil, took: .seconds(10)),
        ])
    }
    let task = summary.tasks.values.first
    #expect(summary.tasks.count == 1)
    #expect(task?.states == ["succeeded": 4])
    #expect(task?.attempts == 8)
    #expect(task?.wait.quantiles([100]) == [.seconds(3)])
    #expect(task?.took.count == 4)
  }
}
