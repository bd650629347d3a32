import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Synchronization
import TestSupport
import Testing

@testable import MetadataService

struct HistoryReconcilerTests {
  private static func differences(
    _ archive: FakeJobArchive, _ ledger: TestLedger, _ repairs: Repairs = Repairs(),
    requested: [RunID] = [], at now: Moment = Moment(microseconds: 1_000_000_000)
  ) async throws -> [String] {
    let found = Mutex<[Difference]>([])
    var limits = HistoryReconciler.Limits()
    limits.runsPerPageMax = 2
    limits.jobsPerPageMax = 2
    limits.namespacesPerPageMax = 1
    try await HistoryReconciler(
      archive, ledger, retention: RetentionRules(), repairs: repairs, limits: limits,
      requested: { runs in SortedSet(runs.filter { requested.contains($0) }) }
    ).run(at: now) { difference in found.withLock { $0.append(difference) } }
    return found.withLock { $0 }.map {
      "\($0.kind.rawValue) \($0.standing.rawValue) \($0.subject)"
    }
  }

  private static func job(
    _ run: RunID, revision: Int64 = 0, state: String = "queued", ended: Int64? = nil
  ) -> JobDocument {
    JobDocument(
      run: run, namespace: .default, workflow: WorkflowName(unchecked: "hello"),
      version: VersionID("v1"), revision: revision, state: state,
      createdAt: Moment(microseconds: 1), endedAt: ended.map { Moment(microseconds: $0) })
  }

  private static func chunk(_ attempt: AttemptID, lines: Int) -> LogChunk {
    LogChunk(
      attempt: attempt, first: 0,
      lines: (0..<lines).map { line in
        OutputLine(stream: .out, bytes: Array("\(line)".utf8), at: .start)
      })
  }

  @Test func `of a run that goes on what came after its records is taken back`() throws {
    try Simulation.run(seed: 1) { world in
      let archive = FakeJobArchive(world)
      let (ahead, missing, agreeing) = (RunID.sample(1), RunID.sample(2), RunID.sample(3))
      let ledger = TestLedger([
        .live(ahead, attempts: [(1, nil), (2, 3)]), .live(missing), .live(agreeing),
      ])
      try await archive.store(
        jobs: [Self.job(ahead, revision: 9, state: "succeeded", ended: 50), Self.job(agreeing)],
        tasks: [
          TaskDocument(
            run: ahead, task: TaskKey(TaskName(unchecked: "t")), revision: 8, state: "succeeded")
        ])
      let attempts = (1...3).map { AttemptID.sample("t", run: 1, fence: $0) }
      try await archive.append(attempts.map { Self.chunk($0, lines: 3) })
      let before = archive.snapshot
      let expected = [
        "run-ahead-in-history open \(ahead)", "logs-ahead open \(attempts[2])",
        "run-missing-in-history open \(missing)",
      ]
      #expect(try await Self.differences(archive, ledger) == expected)
      #expect(try await archive.job(ahead)?.state == "succeeded", "looking changes nothing")
      archive.restore(before)
      #expect(
        try await Self.differences(archive, ledger, Repairs(isOn: true))
          == expected.map { $0.replacing("open", with: "mended") })
      #expect(try await archive.job(ahead) == Self.job(ahead))
      #expect(try await archive.job(missing) == Self.job(missing))
      #expect(try await archive.tasks(of: ahead, after: nil, limit: 5) == [])
      #expect(try await archive.attempts(of: ahead).sorted() == Array(attempts.prefix(2)))
      #expect(try await Self.differences(archive, ledger) == [])
    }
  }

  /// Goal: beside services that work, a run that ends in the middle of a comparison is left alone.
  @Test func `a run that ends while it is compared is not ahead of its records`() throws {
    try Simulation.run(seed: 5) { world in
      let archive = FakeJobArchive(world)
      let run = RunID.sample(1)
      let ended = Self.job(run, revision: 9, state: "succeeded", ended: 50)
      let task = TaskDocument(
        run: run, task: TaskKey(TaskName(unchecked: "t")), revision: 8, state: "succeeded")
      try await archive.store(jobs: [Self.job(run)], tasks: [])
      let ledger = TestLedger([.live(run)]) {
        try? await archive.store(jobs: [ended], tasks: [task])
      }
      #expect(try await Self.differences(archive, ledger, Repairs(isOn: true)) == [])
      #expect(try await archive.job(run) == ended)
      #expect(try await archive.tasks(of: run, after: nil, limit: 5) == [task])
    }
  }

  @Test func `the end of a run that history lacks is announced, and lost lines are told`() throws {
    try Simulation.run(seed: 2) { world in
      let archive = FakeJobArchive(world)
      let (missing, unheard, forgotten) = (RunID.sample(1), RunID.sample(2), RunID.sample(3))
      let ledger = TestLedger([
        .ended(missing, attempts: [(1, 3), (2, 2), (3, 0)]), .ended(unheard, isHeard: false),
        .ended(forgotten, hasTasks: false),
      ])
      try await archive.store(
        jobs: [Self.job(unheard, revision: 9, state: "succeeded", ended: 50)], tasks: [])
      try await archive.append([Self.chunk(.sample("t", run: 1, fence: 1), lines: 3)])
      let lost = AttemptID.sample("t", run: 1, fence: 2)
      #expect(
        try await Self.differences(archive, ledger, Repairs(isOn: true))
          == [
            "run-missing-in-history mended \(missing)", "logs-lost kept \(lost)",
            "end-unheard mended \(unheard)", "run-history-lost mended \(forgotten)",
          ])
      #expect(ledger.announced == [missing, unheard, forgotten])
      #expect(ledger.unconfirmed == [missing, unheard])
      #expect(try await archive.job(forgotten)?.state == "succeeded")
    }
  }

  @Test func `a run that no record knows is removed when it seems to go on, and kept as the past`()
    throws
  {
    try Simulation.run(seed: 3) { world in
      let archive = FakeJobArchive(world)
      let runs = (1...4 as ClosedRange<UInt64>).map { RunID.sample($0) }
      try await archive.store(
        jobs: [
          Self.job(runs[0]), Self.job(runs[1], revision: 3, state: "failed", ended: 5),
          Self.job(runs[2]), Self.job(runs[3]),
        ], tasks: [])
      try await archive.append([Self.chunk(.sample("t", run: 1), lines: 2)])
      let ledger = TestLedger([.live(runs[3])])
      #expect(
        try await Self.differences(
          archive, ledger, Repairs(isOn: true), requested: [runs[2]]
        ).sorted() == ["run-unknown-ended kept \(runs[1])", "run-unknown-live mended \(runs[0])"])
      #expect(try await archive.job(runs[0]) == nil)
      #expect(try await archive.attempts(of: runs[0]) == [])
      // Somebody has asked for it, and it is to begin.
      #expect(try await archive.job(runs[2]) != nil)
    }
  }

  /// Goal: a run whose request the records have, and nothing else, begins as if for the first time.
  @Test func `what history has of a run that has not begun is taken back`() throws {
    try Simulation.run(seed: 6) { world in
      let archive = FakeJobArchive(world)
      let (ended, running, waiting) = (RunID.sample(1), RunID.sample(2), RunID.sample(3))
      try await archive.store(
        jobs: [
          Self.job(ended, revision: 2, state: "succeeded", ended: 50), Self.job(running),
          Self.job(waiting),
        ],
        tasks: [
          TaskDocument(
            run: ended, task: TaskKey(TaskName(unchecked: "t")), revision: 2, state: "succeeded")
        ])
      let attempts = [AttemptID.sample("t", run: 1), AttemptID.sample("t", run: 2)]
      try await archive.append(attempts.map { Self.chunk($0, lines: 3) })
      let runs = [ended, running, waiting]
      let ledger = TestLedger([])
      #expect(
        try await Self.differences(archive, ledger, Repairs(isOn: true), requested: runs).sorted()
          == [
            "logs-ahead mended \(attempts[0])", "logs-ahead mended \(attempts[1])",
            "run-ahead-in-history mended \(ended)",
          ])
      for run in runs {
        #expect(try await archive.job(run) == Self.job(run))
        #expect(try await archive.attempts(of: run) == [])
        #expect(try await archive.tasks(of: run, after: nil, limit: 5) == [])
      }
      #expect(try await Self.differences(archive, ledger, requested: runs) == [])
    }
  }

  @Test func `what moments do not explain is left alone`() throws {
    try Simulation.run(seed: 4) { world in
      let archive = FakeJobArchive(world)
      let run = RunID.sample(1)
      let ledger = TestLedger([.ended(run)])
      let other = Self.job(run, revision: 9, state: "failed", ended: 50)
      try await archive.store(jobs: [other], tasks: [])
      #expect(
        try await Self.differences(archive, ledger, Repairs(isOn: true))
          == ["run-contradicts unexplained \(run)"])
      #expect(try await archive.job(run) == other)
      #expect(ledger.unconfirmed == [])
    }
  }
}

/// What the records say of the runs of a test.
private final class TestLedger: RunLedger {
  struct Known: Sendable {
    var run: LedgerRun
    var attempts: [LedgerAttempt]

    static func live(_ id: RunID, attempts: [(Int, Int64?)] = []) -> Known {
      let view = RunView(
        run: id.text, namespace: "default", workflow: "hello", version: "v1", state: "running",
        createdAtUs: 1, startedAtUs: 2, revision: 3)
      return Known(
        run: LedgerRun(id: id, view: view, hasTasks: true, isHeard: true),
        attempts: attempts.map { known(id, $0) })
    }

    static func ended(
      _ id: RunID, hasTasks: Bool = true, isHeard: Bool = true, attempts: [(Int, Int64?)] = []
    ) -> Known {
      let view = RunView(
        run: id.text, namespace: "default", workflow: "hello", version: "v1", state: "succeeded",
        createdAtUs: 1, startedAtUs: 2, endedAtUs: 50, revision: 9)
      return Known(
        run: LedgerRun(id: id, view: view, hasTasks: hasTasks, isHeard: isHeard),
        attempts: attempts.map { known(id, $0) })
    }

    private static func known(_ run: RunID, _ attempt: (Int, Int64?)) -> LedgerAttempt {
      LedgerAttempt(
        id: AttemptID(
          run: run, task: TaskKey(TaskName(unchecked: "t")), fence: Fence(attempt.0)),
        logLines: attempt.1)
    }
  }

  private struct Told {
    var announced: [RunID] = []
    var unconfirmed: [RunID] = []
  }

  private let known: [Known]
  private let told = Mutex(Told())
  /// What happens right after runs were looked at by name.
  private let afterwards: @Sendable () async -> Void

  init(_ known: [Known], afterwards: @escaping @Sendable () async -> Void = {}) {
    self.known = known
    self.afterwards = afterwards
  }

  var announced: [RunID] { told.withLock { $0.announced } }
  var unconfirmed: [RunID] { told.withLock { $0.unconfirmed } }

  func runs(
    after: RunID?, limit: Int
  ) async throws(StoreError) -> (runs: [LedgerRun], next: RunID?) {
    let rest = known.map(\.run).filter { run in after.map { $0 < run.id } ?? true }
    let page = Array(rest.prefix(limit))
    return (page, page.count < rest.count ? page.last?.id : nil)
  }

  func runs(named: [RunID]) async throws(StoreError) -> [LedgerRun] {
    let found = known.map(\.run).filter { named.contains($0.id) }
    await afterwards()
    return found
  }

  func newest() async throws(StoreError) -> Moment? { Moment(microseconds: 1) }

  func attempts(of run: RunID) async throws(StoreError) -> [LedgerAttempt] {
    known.filter { $0.run.id == run }.flatMap(\.attempts)
  }

  func announce(_ runs: [RunID], unconfirmed: [RunID]) async throws(StoreError) {
    told.withLock { told in
      told.announced += runs
      told.unconfirmed += unconfirmed
    }
  }
}
