import Domain
import Ports
import SimulationKit
import Synchronization

/// An archive in the memory of a test, which fails when it is told to.
final class MemoryArchive: JobArchive {
  struct Faults: Sendable {
    /// Every call is `.unavailable` while this is true.
    var isDown = false
    /// A write is not carried out, and its writer does not know.
    var lostBefore = Chance.never
    /// A write is carried out, and its writer does not know.
    var lostAfter = Chance.never

    static let calm = Faults()
    static let hostile = Faults(lostBefore: .percent(10), lostAfter: .percent(10))
  }

  private struct State {
    var faults: Faults
    var jobs: SortedMap<RunID, JobDocument> = [:]
    var tasks: SortedMap<RunID, SortedMap<TaskKey, TaskDocument>> = [:]
    var lines: SortedMap<AttemptID, SortedMap<Int64, OutputLine>> = [:]
    var ends: SortedMap<AttemptID, Int64> = [:]
  }

  private let chance: WorldRandom
  private let state: Mutex<State>

  init(_ world: SimulatedWorld, faults: Faults) {
    chance = world.stream(named: "memory archive")
    state = Mutex(State(faults: faults))
  }

  var faults: Faults {
    get { state.withLock { $0.faults } }
    set { state.withLock { $0.faults = newValue } }
  }

  private func read<Answer>(_ body: (State) -> Answer) throws(ArchiveError) -> Answer {
    if faults.isDown { throw .unavailable("down") }
    return state.withLock { body($0) }
  }

  private func write(_ body: (inout State) -> Void) throws(ArchiveError) {
    if faults.isDown { throw .unavailable("down") }
    if chance.happens(faults.lostBefore) { throw .outcomeUnknown }
    state.withLock { body(&$0) }
    if chance.happens(faults.lostAfter) { throw .outcomeUnknown }
  }

  private func check(named count: Int) throws(ArchiveError) {
    if count > 10_000 { throw .refused("\(count) are named at once") }
  }

  func store(jobs: [JobDocument], tasks: [TaskDocument]) async throws(ArchiveError) {
    try write { state in
      for job in jobs where state.jobs[job.run].map({ $0.revision < job.revision }) ?? true {
        state.jobs[job.run] = job
      }
      for task in tasks {
        let known = state.tasks[task.run]?[task.task]
        if known.map({ $0.revision < task.revision }) ?? true {
          state.tasks[task.run, default: [:]][task.task] = task
        }
      }
    }
  }

  func job(_ run: RunID) async throws(ArchiveError) -> JobDocument? {
    try read { $0.jobs[run] }
  }

  func jobs(named runs: [RunID]) async throws(ArchiveError) -> [JobDocument] {
    try check(named: runs.count)
    return try read { state in SortedSet(runs).compactMap { state.jobs[$0] } }
  }

  func tasks(
    of run: RunID, after: TaskKey?, limit: Int
  ) async throws(ArchiveError) -> [TaskDocument] {
    try read { state in
      let all = state.tasks[run]?.values ?? []
      return Array(all.filter { task in after.map { $0 < task.task } ?? true }.prefix(limit))
    }
  }

  /// The cursor is the run before.
  func jobs(
    _ filter: JobFilter, limit: Int, cursor: String?
  ) async throws(ArchiveError) -> (jobs: [JobDocument], next: String?) {
    try read { state in
      let all = state.jobs.values.reversed().filter { job in
        job.namespace == filter.namespace && filter.workflow.map { $0 == job.workflow } ?? true
          && filter.state.map { $0 == job.state } ?? true
          && filter.labels.allSatisfy { job.labels[$0.key] == $0.value }
          && filter.since.map { job.createdAt >= $0 } ?? true
          && filter.before.map { job.createdAt < $0 } ?? true
          && filter.condition?.holds(for: job.facts) ?? true
          && cursor.map { job.run.text < $0 } ?? true
      }
      let page = Array(all.prefix(limit))
      return (page, page.count < all.count ? page.last?.run.text : nil)
    }
  }

  func namespaces(
    after: NamespaceName?, limit: Int
  ) async throws(ArchiveError) -> [NamespaceName] {
    try read { state in
      SortedSet(state.jobs.values.map(\.namespace)).filter { namespace in
        after.map { $0 < namespace } ?? true
      }.prefix(limit).map(\.self)
    }
  }

  func removeJobs(
    of namespace: NamespaceName, endedBefore moment: Moment, limit: Int
  ) async throws(ArchiveError) -> Int {
    var count = 0
    try write { state in
      let due = state.jobs.values.filter { job in
        job.namespace == namespace && job.endedAt.map { $0 < moment } ?? false
      }
      for job in due.prefix(limit) {
        state.jobs.removeValue(for: job.run)
        state.tasks.removeValue(for: job.run)
        count += 1
      }
    }
    return count
  }

  func removeJobs(_ runs: [RunID]) async throws(ArchiveError) {
    try check(named: runs.count)
    try write { state in
      for run in runs {
        state.jobs.removeValue(for: run)
        state.tasks.removeValue(for: run)
      }
    }
  }

  func append(_ chunks: [LogChunk]) async throws(ArchiveError) {
    for chunk in chunks {
      let (_, isBeyond) = chunk.first.addingReportingOverflow(Int64(chunk.lines.count))
      if isBeyond { throw .refused("lines from \(chunk.first) on") }
    }
    try write { state in
      for chunk in chunks {
        for (offset, line) in chunk.lines.enumerated() {
          let number = chunk.first + Int64(offset)
          let known = state.lines[chunk.attempt]?[number]
          if known == nil { state.lines[chunk.attempt, default: [:]][number] = line }
        }
        if chunk.isLast, state.ends[chunk.attempt] == nil {
          state.ends[chunk.attempt] = chunk.first + Int64(chunk.lines.count)
        }
      }
    }
  }

  func lines(
    of attempt: AttemptID, from: Int64, limit: Int
  ) async throws(ArchiveError) -> LogChunk {
    try read { state in
      var chunk = LogChunk(attempt: attempt, first: from, lines: [])
      while chunk.lines.count < limit,
        let line = state.lines[attempt]?[from + Int64(chunk.lines.count)]
      {
        chunk.lines.append(line)
      }
      chunk.isLast = state.ends[attempt] == from + Int64(chunk.lines.count)
      return chunk
    }
  }

  func attempts(of run: RunID) async throws(ArchiveError) -> [AttemptID] {
    try read { state in
      SortedSet(state.lines.keys + state.ends.keys).filter { $0.run == run }
    }
  }

  func removeLogs(of attempts: [AttemptID]) async throws(ArchiveError) {
    try check(named: attempts.count)
    try write { state in
      for attempt in attempts {
        state.lines.removeValue(for: attempt)
        state.ends.removeValue(for: attempt)
      }
    }
  }

  func waitForLines(of attempt: AttemptID, from: Int64, wait: Duration) async {}
}
