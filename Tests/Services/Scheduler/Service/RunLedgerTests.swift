import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import SchedulerService

/// What the rows say of runs when no scheduler is there to ask.
struct RunLedgerTests {
  @Test func `runs come in their order, page by page, as they stand`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try SchedulerScene(world)
      let scheduler = scene.scheduler()
      scene.worker(slots: 50) { $0.run == RunID.sample(3) ? .hangs : .succeeds() }
      let runs = (1...5 as ClosedRange<UInt64>).map { scene.start(.chain(2), run: $0) }
      for run in runs where run != runs[2] { try await scene.ended(run) }
      try await scene.archive([runs[0]])
      scheduler.process.kill()
      scene.store.faults = .calm
      let ledger = StoredRunLedger(scene.store)
      var found: [LedgerRun] = []
      var last: RunID?
      repeat {
        let page = try await ledger.runs(after: last, limit: 2)
        #expect(page.runs.count <= 2)
        found += page.runs
        last = page.next
      } while last != nil
      #expect(found.map(\.id) == runs)
      #expect(found.map { $0.view.endedAtUs != nil } == [true, true, false, true, true])
      #expect(found.map(\.isHeard) == [true, false, true, false, false])
      #expect(found.map(\.hasTasks) == [Bool](repeating: true, count: 5))
      let named = try await ledger.runs(named: [RunID.sample(99), runs[4]])
      #expect(named.map(\.id) == [runs[4]])
      #expect(try await ledger.newest() != nil)
    }
  }

  @Test func `an attempt has begun when somebody holds its lease or it has ended`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try SchedulerScene(world)
      scene.scheduler()
      let run = scene.start(.chain(2))
      let ledger = StoredRunLedger(scene.store)
      let first = try await scene.offered(run, "task-00001")
      // Offered, and nobody has it.
      #expect(try await ledger.attempts(of: run) == [])
      let session = SessionID(SortableID(high: 1 << 40, low: 5))
      try await scene.open(session)
      _ = try await scene.claim(session, [first])
      #expect(try await ledger.attempts(of: run).map(\.id) == [first])
      scene.report(first)
      _ = try await scene.offered(run, "task-00002")
      #expect(try await ledger.attempts(of: run).map(\.id) == [first])
    }
  }

  /// Goal: what was confirmed and is not there is copied again, by whoever reads ends.
  @Test func `an end that is announced again is heard again, and is not confirmed any more`()
    throws
  {
    try Simulation.run(seed: 3) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      scene.worker { _ in .succeeds() }
      let runs = [scene.start(.chain(1), run: 1), scene.start(.chain(1), run: 2)]
      for run in runs { try await scene.ended(run) }
      try await scene.archive(runs)
      let ledger = StoredRunLedger(scene.store)
      try await ledger.announce(runs + [RunID.sample(77)], unconfirmed: [runs[0]])
      try await scene.wait(for: "both ends once more") {
        runs.allSatisfy { scene.completions($0).count == 2 }
      }
      for run in runs { #expect(scene.completions(run)[0] == scene.completions(run)[1]) }
      #expect(try await ledger.runs(named: runs).map(\.isHeard) == [false, true])
      try await ledger.announce([], unconfirmed: [])
    }
  }
}
