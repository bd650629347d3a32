internal import Domain
internal import Ports

/// What a fake archive keeps.
struct ArchiveContent: Sendable {
  struct TaskPlace: Comparable, Sendable {
    var run: RunID
    var task: TaskKey

    static func < (left: TaskPlace, right: TaskPlace) -> Bool {
      left.run != right.run ? left.run < right.run : left.task < right.task
    }
  }

  struct Log: Sendable {
    var lines: SortedMap<Int64, OutputLine> = [:]
    /// How many there will be, once that is known.
    var total: Int64?
  }

  private var jobs: SortedMap<RunID, JobDocument> = [:]
  private var tasks: SortedMap<TaskPlace, TaskDocument> = [:]
  private var logs: SortedMap<AttemptID, Log> = [:]

  // MARK: Documents

  mutating func store(_ newJobs: [JobDocument], _ newTasks: [TaskDocument]) {
    for job in newJobs where jobs[job.run].map({ $0.revision < job.revision }) ?? true {
      jobs[job.run] = job
    }
    tasks.merge(
      SortedMap(newTasks.sorted { $0.revision < $1.revision }.map { (place($0), $0) })
        .filter { place, task in tasks[place].map { $0.revision < task.revision } ?? true }
        .map { ($0.key, $0.value) })
  }

  private func place(_ task: TaskDocument) -> TaskPlace {
    TaskPlace(run: task.run, task: task.task)
  }

  func job(_ run: RunID) -> JobDocument? { jobs[run] }

  /// The other way round than clients would expect.
  func jobs(named runs: [RunID]) -> [JobDocument] {
    SortedSet(runs).members.reversed().compactMap { jobs[$0] }
  }

  func tasks(of run: RunID, after: TaskKey?, limit: Int) -> [TaskDocument] {
    let all = tasks.filter { place, _ in
      place.run == run && (after.map { $0 < place.task } ?? true)
    }
    return all.prefix(limit).map(\.value)
  }

  /// Newest first, behind the place of the cursor.
  func jobs(
    _ filter: JobFilter, limit: Int, after: JobCursor?
  ) -> [JobDocument] {
    let all = jobs.values.filter { job in
      accepts(job, filter)
        && (after.map { place(job) < ($0.createdAt.microseconds, $0.run.text) } ?? true)
    }
    return Array(all.sorted { place($0) > place($1) }.prefix(limit))
  }

  private func place(_ job: JobDocument) -> (Int64, String) {
    (job.createdAt.microseconds, job.run.text)
  }

  private func accepts(_ job: JobDocument, _ filter: JobFilter) -> Bool {
    job.namespace == filter.namespace
      && (filter.workflow.map { $0 == job.workflow } ?? true)
      && (filter.state.map { $0 == job.state } ?? true)
      && filter.labels.allSatisfy { job.labels[$0.key] == $0.value }
      && (filter.since.map { job.createdAt >= $0 } ?? true)
      && (filter.before.map { job.createdAt < $0 } ?? true)
      && (filter.condition?.holds(for: job.facts) ?? true)
  }

  func namespaces(after: NamespaceName?, limit: Int) -> [NamespaceName] {
    let all = SortedSet(jobs.values.map(\.namespace))
    return all.filter { namespace in after.map { $0 < namespace } ?? true }.prefix(limit).map(
      \.self)
  }

  mutating func removeJobs(
    of namespace: NamespaceName, endedBefore moment: Moment, limit: Int
  ) -> Int {
    let due = jobs.values.filter { job in
      job.namespace == namespace && (job.endedAt.map { $0 < moment } ?? false)
    }.prefix(limit)
    for run in due.map(\.run) {
      removeDocuments(of: run)
      for attempt in logs.keys where attempt.run == run { logs.removeValue(for: attempt) }
    }
    return due.count
  }

  mutating func removeDocuments(of run: RunID) {
    jobs.removeValue(for: run)
    for place in tasks.keys where place.run == run { tasks.removeValue(for: place) }
  }

  // MARK: Logs

  mutating func append(_ chunk: LogChunk) {
    var log = logs[chunk.attempt] ?? Log()
    let end = chunk.first + Int64(chunk.lines.count)
    if chunk.isLast, log.total == nil { log.total = end }
    log.lines.merge(
      chunk.lines.enumerated().map { (chunk.first + Int64($0.offset), $0.element) }
        .filter { number, _ in number < log.total ?? .max && log.lines[number] == nil })
    logs[chunk.attempt] = log
  }

  /// The other way round than clients would expect.
  func attempts(of run: RunID) -> [AttemptID] {
    let known = logs.filter { attempt, log in
      attempt.run == run && (!log.lines.isEmpty || log.total != nil)
    }
    return known.map(\.key).reversed()
  }

  mutating func removeLog(of attempt: AttemptID) {
    logs.removeValue(for: attempt)
  }

  func lineCount(of attempt: AttemptID) -> Int { logs[attempt]?.lines.count ?? 0 }

  func lines(of attempt: AttemptID, from: Int64, limit: Int) -> LogChunk {
    var chunk = LogChunk(attempt: attempt, first: from, lines: [])
    let log = logs[attempt] ?? Log()
    var next = from
    while chunk.lines.count < limit, let line = log.lines[next] {
      chunk.lines.append(line)
      next += 1
    }
    chunk.isLast = log.total.map { next >= $0 } ?? false
    return chunk
  }
}
