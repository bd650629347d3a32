public import Domain
public import Ports
public import SimulationKit
internal import Synchronization

/// A job archive in memory. See `JobArchive` for what it promises, and `ArchiveFaults` for what it
/// does beside that.
public final class FakeJobArchive: JobArchive {
  private struct Waiter: Sendable {
    var attempt: AttemptID
    var from: Int64
    var reply: Reply<Void>
  }

  private struct State {
    var faults: ArchiveFaults
    var content = ArchiveContent()
    var waiters: SortedMap<UInt64, Waiter> = [:]
    var lastWaiter: UInt64 = 0
  }

  private static let pageMax = 10_000
  private static let lineBytesMax = 900 << 10

  private let world: SimulatedWorld
  private let chance: WorldRandom
  private let latency: WorldRandom
  private let state: Mutex<State>

  public init(_ world: SimulatedWorld, name: String = "archive", faults: ArchiveFaults = .calm) {
    self.world = world
    chance = world.stream(named: "\(name) faults")
    latency = world.stream(named: "\(name) latency")
    state = Mutex(State(faults: faults))
    world.onClose { [weak self] in self?.state.withLock { $0.waiters = [:] } }
    world.onForget { [weak self] in self?.state.withLock { $0.content = ArchiveContent() } }
  }

  /// May be changed at any time.
  public var faults: ArchiveFaults {
    get { state.withLock { $0.faults } }
    set { state.withLock { $0.faults = newValue } }
  }

  /// What it holds of a run, without delay or faults.
  public func stored(_ run: RunID) -> JobDocument? { state.withLock { $0.content.job(run) } }

  /// How many lines it holds of an attempt, without delay or faults.
  public func lineCount(of attempt: AttemptID) -> Int {
    state.withLock { $0.content.lineCount(of: attempt) }
  }

  /// What it held at a moment: a backup.
  public struct Snapshot: Sendable {
    fileprivate let content: ArchiveContent
  }

  public var snapshot: Snapshot { state.withLock { Snapshot(content: $0.content) } }

  /// Makes it what it was then. For a time when nobody uses it.
  public func restore(_ snapshot: Snapshot) {
    state.withLock { $0.content = snapshot.content }
    world.note("archive.restored")
  }

  // MARK: The port

  public func store(jobs: [JobDocument], tasks: [TaskDocument]) async throws(ArchiveError) {
    try await write { $0.store(jobs, tasks) }
  }

  public func job(_ run: RunID) async throws(ArchiveError) -> JobDocument? {
    try await read { $0.job(run) }
  }

  public func jobs(named runs: [RunID]) async throws(ArchiveError) -> [JobDocument] {
    try check(named: runs.count)
    return try await read { $0.jobs(named: runs) }
  }

  public func tasks(
    of run: RunID, after: TaskKey?, limit: Int
  ) async throws(ArchiveError) -> [TaskDocument] {
    try check(limit)
    return try await read { $0.tasks(of: run, after: after, limit: limit) }
  }

  public func jobs(
    _ filter: JobFilter, limit: Int, cursor: String?
  ) async throws(ArchiveError) -> (jobs: [JobDocument], next: String?) {
    try check(limit)
    let place = try cursor.map { text throws(ArchiveError) in try JobCursor(text) }
    let limit = shortened(limit)
    let jobs = try await read { $0.jobs(filter, limit: limit, after: place) }
    let last = jobs.count == limit ? jobs.last : nil
    return (jobs, last.map { JobCursor(createdAt: $0.createdAt, run: $0.run).text })
  }

  public func namespaces(
    after: NamespaceName?, limit: Int
  ) async throws(ArchiveError) -> [NamespaceName] {
    try check(limit)
    return try await read { $0.namespaces(after: after, limit: limit) }
  }

  /// A removal whose outcome is unknown may have removed: it is asked for again.
  public func removeJobs(
    of namespace: NamespaceName, endedBefore moment: Moment, limit: Int
  ) async throws(ArchiveError) -> Int {
    try check(limit)
    let removed = Mutex(0)
    try await write { content in
      let count = content.removeJobs(of: namespace, endedBefore: moment, limit: limit)
      removed.withLock { $0 = count }
    }
    return removed.withLock { $0 }
  }

  public func removeJobs(_ runs: [RunID]) async throws(ArchiveError) {
    try check(named: runs.count)
    try await write { content in for run in runs { content.removeDocuments(of: run) } }
  }

  public func append(_ chunks: [LogChunk]) async throws(ArchiveError) {
    for chunk in chunks {
      let (_, overflow) = chunk.first.addingReportingOverflow(Int64(chunk.lines.count))
      guard chunk.first >= 0, !overflow else { throw .refused("lines from \(chunk.first)") }
      guard chunk.lines.allSatisfy({ $0.bytes.count <= FakeJobArchive.lineBytesMax }) else {
        throw .refused("a line that is too long")
      }
    }
    try await write { content in for chunk in chunks { content.append(chunk) } }
    wake()
  }

  public func lines(
    of attempt: AttemptID, from: Int64, limit: Int
  ) async throws(ArchiveError) -> LogChunk {
    guard from >= 0 else { throw .refused("lines are numbered from 0, not \(from)") }
    try check(limit)
    let limit = shortened(limit)
    return try await read { $0.lines(of: attempt, from: from, limit: limit) }
  }

  public func attempts(of run: RunID) async throws(ArchiveError) -> [AttemptID] {
    try await read { $0.attempts(of: run) }
  }

  public func removeLogs(of attempts: [AttemptID]) async throws(ArchiveError) {
    try check(named: attempts.count)
    try await write { content in
      for attempt in attempts { content.removeLog(of: attempt) }
    }
  }

  public func waitForLines(of attempt: AttemptID, from: Int64, wait: Duration) async {
    await world.exchange("archive.waitForLines", ifCancelled: ()) { reply in
      let isReady = mayAnswer(attempt, from) || chance.happens(faults.wakesEarly)
      if isReady {
        world.schedule(after: travel) { reply.send(()) }
        return
      }
      let id = state.withLock { state in
        state.lastWaiter += 1
        state.waiters[state.lastWaiter] = Waiter(attempt: attempt, from: from, reply: reply)
        return state.lastWaiter
      }
      world.schedule(after: wait) {
        self.state.withLock { _ = $0.waiters.removeValue(for: id) }
        reply.send(())
      }
    }
  }

  // MARK: Calls

  private var travel: Duration { latency.length(in: faults.latency) }

  private var isUnavailable: Bool {
    let faults = faults
    guard chance.happens(faults.unavailable) || faults.isDown else { return false }
    world.mark("archive.unavailable")
    return true
  }

  private static let unreachable = ArchiveError.unavailable("the archive does not answer")

  private func read<Answer: Sendable>(
    _ body: @escaping @Sendable (ArchiveContent) -> Answer
  ) async throws(ArchiveError) -> Answer {
    let answer: Result<Answer, ArchiveError> = await world.exchange(
      "archive.read", ifCancelled: .failure(.unavailable("the caller was cancelled"))
    ) { reply in
      world.schedule(after: travel) {
        let answer = self.isUnavailable ? nil : body(self.state.withLock { $0.content })
        self.world.schedule(after: self.travel) {
          reply.send(answer.map { .success($0) } ?? .failure(FakeJobArchive.unreachable))
        }
      }
    }
    return try answer.get()
  }

  private func write(
    _ body: @escaping @Sendable (inout ArchiveContent) -> Void
  ) async throws(ArchiveError) {
    let answer: Result<Void, ArchiveError> = await world.exchange(
      "archive.write", ifCancelled: .failure(.outcomeUnknown)
    ) { reply in
      world.schedule(after: travel) {
        let faults = self.faults
        let isLostBefore = self.chance.happens(faults.lostBefore)
        let isLostAfter = self.chance.happens(faults.lostAfter)
        if self.isUnavailable { return reply.send(.failure(FakeJobArchive.unreachable)) }
        if isLostBefore { self.world.mark("archive.lost-before") }
        if isLostAfter { self.world.mark("archive.lost-after") }
        if !isLostBefore { self.state.withLock { body(&$0.content) } }
        let isLost = isLostBefore || isLostAfter
        self.world.schedule(after: self.travel) {
          reply.send(isLost ? .failure(.outcomeUnknown) : .success(()))
        }
      }
    }
    try answer.get()
  }

  private func wake() {
    let woken = state.withLock { state in
      let ready = state.waiters.filter { _, waiter in
        let chunk = state.content.lines(of: waiter.attempt, from: waiter.from, limit: 1)
        return !chunk.lines.isEmpty || chunk.isLast
      }
      for (id, _) in ready { state.waiters.removeValue(for: id) }
      return ready.map(\.value.reply)
    }
    for reply in woken { reply.send(()) }
  }

  private func mayAnswer(_ attempt: AttemptID, _ from: Int64) -> Bool {
    let chunk = state.withLock { $0.content.lines(of: attempt, from: from, limit: 1) }
    return !chunk.lines.isEmpty || chunk.isLast
  }

  private func shortened(_ limit: Int) -> Int {
    guard limit > 1, chance.happens(faults.shortens) else { return limit }
    world.mark("archive.short-page")
    return 1 + chance.below(limit)
  }

  private func check(_ limit: Int) throws(ArchiveError) {
    guard (1...FakeJobArchive.pageMax).contains(limit) else {
      throw .refused("1 to \(FakeJobArchive.pageMax) can be asked for at once, not \(limit)")
    }
  }

  private func check(named count: Int) throws(ArchiveError) {
    guard count <= FakeJobArchive.pageMax else {
      throw .refused("at most \(FakeJobArchive.pageMax) can be named at once, not \(count)")
    }
  }
}
