import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Testing

@testable import MetadataService

@Suite struct HistorySweeperTests {
  /// Goal: each namespace is kept as long as its rule says, whatever the archive does.
  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func `history is kept as long as the rule of its namespace says`(_ seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let archive = FakeJobArchive(world, faults: .calm)
      let rules = try #require(RetentionRules(["20d", "short=10d"]))
      let now = world.here.time.now()
      let names = ["default", "short"].map { NamespaceName(unchecked: $0) }
      // One job for each day.
      for (place, name) in names.enumerated() {
        for day in 0..<30 as Range<Int64> {
          var job = JobDocument(
            run: RunID(SortableID(high: UInt64(place), low: UInt64(day))), namespace: name,
            workflow: WorkflowName(unchecked: "w"), version: VersionID("v"), revision: 1,
            state: "succeeded", createdAt: now - .seconds(day * 86_400 + 3_600))
          job.endedAt = day == 29 ? nil : now - .seconds(day * 86_400)
          try await archive.store(jobs: [job], tasks: [])
        }
      }
      archive.faults = .hostile
      var configuration = MetadataConfiguration()
      configuration.retention = rules
      configuration.jobsRemovedAtOnceMax = 3
      configuration.namespacesPerPageMax = 1
      let here = world.here
      let ports = MetadataPorts(
        archive: archive, bus: FakeBus(world, faults: .calm), network: FakeNetwork(world),
        context: ServiceContext(
          process: ProcessID(at: now, random: here.randomness.next), time: here.time,
          randomness: here.randomness, spawner: here.spawner, telemetry: here.telemetry),
        seal: CursorSeal(key: "k", digest: FakeDigest()), configuration: configuration)
      let sweeper = here.spawner.spawn("sweeper") { await HistorySweeper(ports: ports).run() }
      try await here.time.sleep(for: .seconds(20 * 3_600))
      sweeper.cancel()
      archive.faults = .calm
      for (name, days) in zip(names, [20, 10]) {
        let left = try await archive.jobs(JobFilter(namespace: name), limit: 99, cursor: nil).jobs
        // In twenty hours no other one becomes due. What has not ended stays.
        #expect(left.count == days + 1, "\(name)")
        #expect(left.contains { $0.endedAt == nil })
      }
    }
  }
}
