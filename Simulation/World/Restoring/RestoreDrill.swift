internal import ArtifactService
internal import Contracts
public import Domain
internal import MetadataService
internal import Ports
internal import SchedulerService
public import ServiceKit
internal import SimulationFakes
public import SimulationKit
internal import SimulationOracles
internal import Synchronization
internal import Wire
internal import WorkflowService

/// A disaster: while people use the platform, backups are made at three moments; then every process
/// dies, each kind of store comes back as it was at a moment of its own, and the bus with nothing.
/// The stores are reconciled, everything starts again, and must come to its end.
public struct RestoreDrill: Sendable {
  /// Which of the three backups each kind of store comes back from, 0 for the earliest.
  public struct Moments: Hashable, Sendable {
    public var records: Int
    public var history: Int
    public var objects: Int

    public init(records: Int, history: Int, objects: Int) {
      self.records = records
      self.history = history
      self.objects = objects
    }

    /// Each of the three from any of the three.
    public static let all: [Moments] = (0..<27).map { number in
      Moments(records: number / 9, history: number / 3 % 3, objects: number % 3)
    }
  }

  public struct Outcome: Sendable {
    /// Why it failed; nil when everything came to its end.
    public var failure: SimulationError?
    /// What the first comparison found and mended.
    public var found: [Difference] = []
    /// What the same comparison found right after that.
    public var foundAgain: [Difference] = []
    /// What a comparison found when everything was over.
    public var left: [Difference] = []
    /// What else was not as it must be.
    public var wrong: [String] = []

    /// How many differences of each kind the first comparison found, by its word.
    public var counts: SortedMap<String, Int> {
      found.reduce(into: [:]) { counts, one in counts[one.kind.rawValue, default: 0] += 1 }
    }

    /// What must not be, in words.
    public var faults: [String] {
      // What history is to be told again is told by the services, when they run.
      let told: [Difference.Kind] = [.runMissing, .endUnheard]
      return [failure.map { "\($0)" }].compactMap(\.self) + wrong
        + found.filter { $0.standing == .unexplained }.map { "found: \($0.words)" }
        + foundAgain.filter { $0.standing != .kept && !told.contains($0.kind) }
        .map { "found again: \($0.words)" }
        + left.filter { $0.standing != .kept }.map { "left: \($0.words)" }
    }
  }

  public let seed: UInt64
  public let plan: WorldPlan
  public let moments: Moments
  /// Without them the world goes on with what the backups have.
  public var repairs = Repairs(isOn: true, deletesObjects: true, forgetsLostArtifacts: true)

  /// The drill that a seed stands for: the seeds go through all combinations of moments in turn.
  public init(seed: UInt64) {
    self.seed = seed
    var plan = WorldPlan(profile: "restore")
    // What is under way at any moment matters: much of it, in a short time.
    plan.habits = .brisk
    plan.workload.users = 3
    plan.workload.runsPerUser = 12
    plan.workload.restMax = .seconds(10)
    plan.tasks.longest = .seconds(20)
    plan.chaosLength = .seconds(60)
    self.plan = plan
    moments = Moments.all[Int(seed % UInt64(Moments.all.count))]
  }

  public func run() -> Outcome {
    let outcome = Mutex(Outcome())
    do throws(SimulationError) {
      try Simulation.run(seed: seed, settings: plan.settings) { world in
        try await life(of: world) { change in outcome.withLock { change(&$0) } }
      }
    } catch {
      outcome.withLock { $0.failure = error }
    }
    return outcome.withLock { $0 }
  }

  private func life(
    of world: SimulatedWorld, _ tell: @Sendable (@Sendable (inout Outcome) -> Void) -> Void
  ) async throws {
    let tasks = world.stream(named: "tasks")
    let platform = try Platform(world, plan.topology, habits: plan.habits, scanner: NoScanner()) {
      [plan] order in plan.tasks.script(order, tasks)
    }
    platform.setOrdinary()
    let watch = Watch(platform, Judge())
    platform.start()
    let people = People(platform: platform, watch: watch, workload: plan.workload)
    people.begin(await people.prepare())
    let backups = try await backups(of: platform)
    watch.close()
    for process in platform.processes { process.process.kill() }
    // What was on its way to the servers of before does not come to the new ones.
    try await world.here.time.sleep(for: .seconds(60))
    let begun = platform.executor.records.count
    backups[moments.records].restoreRecords(of: platform)
    backups[moments.history].restoreArchive(of: platform)
    backups[moments.objects].restoreObjects(of: platform)
    for topic in platform.bus.topics { platform.bus.recreate(topic) }
    let found = try await differences(platform, repairs)
    let again = try await differences(platform, Repairs(forgetsLostArtifacts: true))
    tell { outcome in (outcome.found, outcome.foundAgain) = (found, again) }
    for process in platform.processes { process.process.restart() }
    guard await Rest(platform: platform, people: people).come(within: plan.restWithin) else {
      return
    }
    let left = try await differences(platform, Repairs(forgetsLostArtifacts: true))
    let wrong = wrongLogs(platform, since: begun)
    tell { outcome in (outcome.left, outcome.wrong) = (left, wrong) }
  }

  /// Three backups while people are at work, the disaster some time after the last one.
  private func backups(of platform: Platform) async throws -> [Backup] {
    let random = platform.world.stream(named: "backups")
    let time = platform.world.here.time
    var backups: [Backup] = []
    try await time.sleep(for: random.length(in: .seconds(10)...plan.chaosLength / 2))
    for _ in 0..<3 {
      try await time.sleep(for: random.length(in: .milliseconds(1)...(.seconds(30))))
      backups.append(Backup(platform))
    }
    try await time.sleep(for: random.length(in: .zero...(.seconds(30))))
    return backups
  }

  private func differences(
    _ platform: Platform, _ repairs: Repairs
  ) async throws -> [Difference] {
    let found = Mutex<[Difference]>([])
    let tell = { @Sendable (difference: Difference) async in
      found.withLock { $0.append(difference) }
    }
    let requested = RequestedRuns(platform.stores.workflow)
    try await HistoryReconciler(
      platform.archive, StoredRunLedger(platform.stores.scheduler), retention: RetentionRules(),
      repairs: repairs, requested: { runs in try await requested.known(runs) }
    ).run(at: platform.world.now, tell)
    try await ContentReconciler(
      platform.stores.artifact, platform.objects, time: platform.world.here.time,
      repairs: repairs
    ).run(tell)
    return found.withLock { $0 }
  }

  /// Logs of attempts that began after the restore and have not the lines that were printed then:
  /// lines of an attempt of the same name from before would be among them.
  private func wrongLogs(_ platform: Platform, since begun: Int) -> [String] {
    let attempts = SortedSet(platform.executor.records.dropFirst(begun).map(\.order.attempt))
    return platform.stores.scheduler.rows("scheduler_task").flatMap { row -> [String] in
      guard let task = try? TaskRecord(decoding: row.row.body) else { return [] }
      return task.attempts.compactMap { attempt in
        guard let id = task.attempt(attempt.fence), attempts.contains(id),
          let lines = attempt.logLines
        else { return nil }
        let kept = platform.archive.lineCount(of: id)
        return kept == lines ? nil : "history has \(kept) lines of \(id), which printed \(lines)"
      }
    }
  }
}

extension Difference {
  fileprivate var words: String { "\(kind.rawValue) \(standing.rawValue) \(subject) \(detail)" }
}
