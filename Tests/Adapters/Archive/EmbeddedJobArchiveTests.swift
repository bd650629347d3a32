import ArchiveAdapter
import Domain
import Ports
import SQLiteAdapter
import SimulationFakes
import SimulationKit
import SystemAdapter
import TestSupport
import Testing

@Suite struct EmbeddedJobArchiveTests {
  static let time: any Time = {
    guard let loop = try? EventLoop(name: "test-time") else {
      preconditionFailure("the system refused an event loop")
    }
    loop.start()
    return SystemTime(on: loop)
  }()

  @Test(arguments: JobArchiveContract.cases)
  func `an archive on SQLite keeps the contract of JobArchive`(
    _ promise: ContractCase<JobArchiveSubject>
  ) async throws {
    try await onSQLite(ArchiveLimits()) { archive in
      try await promise.check(
        JobArchiveSubject(archive, time: EmbeddedJobArchiveTests.time))
    }
  }

  /// Goal: everything that is cut into pieces is put together again.
  @Test(arguments: JobArchiveContract.cases)
  func `an archive with small limits keeps the contract of JobArchive`(
    _ promise: ContractCase<JobArchiveSubject>
  ) async throws {
    var limits = ArchiveLimits()
    limits.jobsScannedMax = 3
    limits.documentsPerCommitMax = 2
    limits.linesPerSegmentMax = 3
    limits.bytesPerSegmentMax = 20
    limits.bytesPerCommitMax = 50
    limits.bytesPerReadMax = 30
    // These look at one answer of the full length.
    let isLong = promise.name.contains("many") || promise.name.contains("as they were printed")
    try await onSQLite(isLong ? ArchiveLimits() : limits) { archive in
      try await promise.check(
        JobArchiveSubject(archive, time: EmbeddedJobArchiveTests.time))
    }
  }

  @Test(arguments: JobArchiveContract.cases)
  func `an archive in the simulation keeps the contract of JobArchive`(
    _ promise: ContractCase<JobArchiveSubject>
  ) throws {
    try Simulation.run(seed: 1) { world in
      let store = try FakeRecordStore(
        world, tables: EmbeddedJobArchive.tables, faults: .slow)
      let archive = EmbeddedJobArchive(store, time: world.here.time)
      try await promise.check(JobArchiveSubject(archive, time: world.here.time))
    }
  }

  @Test func `a log with too many gaps is refused and stays as it was`() async throws {
    var limits = ArchiveLimits()
    limits.rangesMax = 3
    try await onSQLite(limits) { archive in
      let attempt = AttemptID.sample
      for first in [0, 10, 20] as [Int64] {
        try await archive.append([.sample(first, of: attempt)])
      }
      await #expect(throws: ArchiveError.self) {
        try await archive.append([.sample(30, of: attempt)])
      }
      try await archive.append([.sample(1, of: attempt)])
      #expect(try await archive.lines(of: attempt, from: 0, limit: 9).lines.count == 2)
    }
  }

  private func onSQLite(
    _ limits: ArchiveLimits, _ body: (EmbeddedJobArchive) async throws -> Void
  ) async throws {
    let engine = try await SQLiteEngine.open(SQLiteConfiguration(.memory))
    let store = try await SQLiteRecordStore.open(
      engine, tables: EmbeddedJobArchive.tables, randomness: SystemRandomness())
    try await body(
      EmbeddedJobArchive(store, time: EmbeddedJobArchiveTests.time, limits: limits))
    await engine.close()
  }
}
