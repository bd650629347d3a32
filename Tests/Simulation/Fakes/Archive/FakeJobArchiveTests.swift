import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@Suite struct FakeJobArchiveTests {
  @Test(arguments: JobArchiveContract.cases)
  func `a calm fake keeps the contract of JobArchive`(
    _ promise: ContractCase<JobArchiveSubject>
  ) throws {
    try check(promise, .calm)
  }

  @Test(arguments: JobArchiveContract.cases)
  func `a slow fake keeps the contract of JobArchive`(
    _ promise: ContractCase<JobArchiveSubject>
  ) throws {
    var faults = ArchiveFaults.slow
    // These look at one answer of the full length, or at how long one wait is.
    let isWhole =
      ["many", "as they were printed", "as it was stored", "keys", "wait for nothing"]
      .contains { promise.name.contains($0) }
    if isWhole { (faults.shortens, faults.wakesEarly) = (.never, .never) }
    try check(promise, faults)
  }

  @Test func `a write without an answer may have happened, and happens once when repeated`() throws
  {
    try Simulation.run(seed: 3) { world in
      var faults = ArchiveFaults.calm
      faults.lostAfter = .always
      let archive = FakeJobArchive(world, faults: faults)
      let attempt = AttemptID(
        run: RunID(SortableID(high: 1, low: 1)), task: TaskKey(TaskName(unchecked: "a")),
        fence: Fence(1))
      let line = OutputLine(stream: .out, bytes: [65], at: .start)
      let chunk = LogChunk(attempt: attempt, first: 0, lines: [line, line], isLast: true)
      await #expect(throws: ArchiveError.outcomeUnknown) { try await archive.append([chunk]) }
      archive.faults = .calm
      try await archive.append([chunk])
      #expect(try await archive.lines(of: attempt, from: 0, limit: 9) == chunk)
    }
  }

  private func check(
    _ promise: ContractCase<JobArchiveSubject>, _ faults: ArchiveFaults
  ) throws {
    try Simulation.run(seed: 1) { world in
      let archive = FakeJobArchive(world, faults: faults)
      try await promise.check(JobArchiveSubject(archive, time: world.here.time))
    }
  }
}
