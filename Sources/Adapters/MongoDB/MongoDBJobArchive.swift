public import Domain
public import Ports

/// The job archive in MongoDB. See `JobArchive` for what it promises.
///
/// Jobs, tasks and chunks of logs are documents of collections of their own. Every write is one
/// exchange without reading: the server replaces what is older. What it has acknowledged, a
/// majority has in its journal. A search is one exchange along a declared index.
///
/// Readers that wait for lines are woken by writes of this process; those of others are looked for
/// now and then.
public final class MongoDBJobArchive: JobArchive {
  let client: MongoClient
  private let configuration: MongoDBConfiguration
  private let chunks: LogChunks
  private let waiters: LineWaiters
  private let time: any Time

  /// Connects with the first call; see `MongoSchemaKeeper` for what must be there.
  ///
  /// - Throws: `.refused` for a connection string that makes no sense.
  public init(_ configuration: MongoDBConfiguration, time: any Time) throws(ArchiveError) {
    do throws(MongoFailure) {
      client = try MongoClient(configuration)
    } catch { throw ArchiveError(reading: error) }
    self.configuration = configuration
    self.time = time
    chunks = LogChunks(configuration)
    waiters = LineWaiters(time)
  }

  /// Refuses new calls and returns once those under way have ended.
  public func close() async { await client.close() }

  /// Why it cannot be used now; nil when it can.
  public func fault() async -> String? {
    do throws(MongoFailure) {
      try await client.run { (session) throws(MongoFailure) in try session.ping() }
      return nil
    } catch { return error.message }
  }

  // MARK: Documents

  public func store(
    jobs: [JobDocument], tasks: [TaskDocument]
  ) async throws(ArchiveError) {
    let wordsMax = configuration.wordsMax
    try await write(
      newest(
        jobs.map { job in
          MongoSession.Write(
            key: job.run.text, number: ("revision", job.revision),
            document: job.document(wordsMax: wordsMax))
        }), to: MongoSchema.jobs)
    try await write(
      newest(
        tasks.map { task in
          MongoSession.Write(
            key: task.key, number: ("revision", task.revision), document: task.document)
        }), to: MongoSchema.tasks)
  }

  public func job(_ run: RunID) async throws(ArchiveError) -> JobDocument? {
    let find = MongoSession.Find(
      collection: MongoSchema.jobs, filter: ["_id": .string(run.text)], limit: 1)
    return try await documents(find).first.map { document throws(ArchiveError) in
      try JobDocument(document)
    }
  }

  public func jobs(named runs: [RunID]) async throws(ArchiveError) -> [JobDocument] {
    try configuration.check(named: runs.count)
    var found: [JobDocument] = []
    for some in parts(of: SortedSet(runs).map { BSONValue.string($0.text) }) {
      let find = MongoSession.Find(
        collection: MongoSchema.jobs, filter: ["_id": .document(["$in": .array(some)])],
        without: JobQuery.comparedOnly, limit: some.count)
      for document in try await documents(find) { found.append(try JobDocument(document)) }
    }
    return found
  }

  public func tasks(
    of run: RunID, after: TaskKey?, limit: Int
  ) async throws(ArchiveError) -> [TaskDocument] {
    try configuration.check(limit)
    var filter: BSONDocument = ["run": .string(run.text)]
    if let after {
      filter.append("order", .document(["$gt": .string(SortableText.task(after))]))
    }
    let find = MongoSession.Find(
      collection: MongoSchema.tasks, filter: filter,
      sort: ["run": .integer(1), "order": .integer(1)], index: MongoSchema.tasksByKey,
      limit: limit)
    return try await documents(find).map { document throws(ArchiveError) in
      try TaskDocument(document)
    }
  }

  public func jobs(
    _ filter: JobFilter, limit: Int, cursor: String?
  ) async throws(ArchiveError) -> (jobs: [JobDocument], next: String?) {
    try configuration.check(limit)
    // One more tells whether others follow.
    let find = try JobQuery(filter, configuration).find(limit: limit + 1, after: cursor)
    var jobs = try await documents(find).map { document throws(ArchiveError) in
      try JobDocument(document)
    }
    guard jobs.count > limit else { return (jobs, nil) }
    jobs.removeLast(jobs.count - limit)
    return (jobs, jobs.last.map { JobCursor(createdAt: $0.createdAt, run: $0.run).text })
  }

  public func namespaces(
    after: NamespaceName?, limit: Int
  ) async throws(ArchiveError) -> [NamespaceName] {
    try configuration.check(limit)
    let names: [String]
    do throws(MongoFailure) {
      names = try await client.run { (session) throws(MongoFailure) in
        try session.distinct(
          "namespace", of: MongoSchema.jobs,
          ["namespace": .document(["$gt": .string(after?.text ?? "")])])
      }
    } catch { throw ArchiveError(reading: error) }
    return names.compactMap { NamespaceName($0) }.sorted().prefix(limit).map(\.self)
  }

  public func removeJobs(
    of namespace: NamespaceName, endedBefore moment: Moment, limit: Int
  ) async throws(ArchiveError) -> Int {
    try configuration.check(limit)
    let due = MongoSession.Find(
      collection: MongoSchema.jobs,
      filter: [
        "namespace": .string(namespace.text),
        "endedAtUs": .document(["$lt": .integer(moment.microseconds)]),
      ],
      sort: ["namespace": .integer(1), "endedAtUs": .integer(1)],
      index: MongoSchema.jobsByEnd, limit: limit)
    let runs = try await documents(due).compactMap { $0.string("_id") }
    guard !runs.isEmpty else { return 0 }
    // The job itself goes last: a removal that was cut off finds it again.
    try await delete(runs.map { LogChunks.all(of: $0) }, from: MongoSchema.logs)
    try await delete(runs.map { ["run": .string($0)] }, from: MongoSchema.tasks)
    try await delete(runs.map { ["_id": .string($0)] }, from: MongoSchema.jobs)
    return runs.count
  }

  public func removeJobs(_ runs: [RunID]) async throws(ArchiveError) {
    try configuration.check(named: runs.count)
    let names = SortedSet(runs).map { BSONValue.string($0.text) }
    // Jobs go last: a removal that was cut off finds them again.
    try await delete(names.map { ["run": $0] }, from: MongoSchema.tasks)
    try await delete(names.map { ["_id": $0] }, from: MongoSchema.jobs)
  }

  // MARK: Logs

  public func append(_ chunks: [LogChunk]) async throws(ArchiveError) {
    try await write(self.chunks.writes(chunks), to: MongoSchema.logs)
    waiters.wake(SortedSet(chunks.map(\.attempt)))
  }

  public func lines(
    of attempt: AttemptID, from: Int64, limit: Int
  ) async throws(ArchiveError) -> LogChunk {
    try configuration.check(limit)
    guard from >= 0 else { throw .refused("lines are numbered from 0, not \(from)") }
    let (end, find) = (chunks.findEnd(attempt), chunks.find(attempt, from: from, limit: limit))
    let bytesMax = configuration.bytesPerReadMax
    let assembly: LogAssembly
    do throws(MongoFailure) {
      assembly = try await client.run { (session) throws(MongoFailure) in
        var assembly = LogAssembly(attempt, from: from, limit: limit, bytesMax: bytesMax)
        // The end first: lines that came before it was known are there when it is.
        try session.find(end) { assembly.take($0) }
        if assembly.wantsMore { try session.find(find) { assembly.take($0) } }
        return assembly
      }
    } catch { throw ArchiveError(reading: error) }
    return try assembly.result()
  }

  public func attempts(of run: RunID) async throws(ArchiveError) -> [AttemptID] {
    let names: [String]
    do throws(MongoFailure) {
      names = try await client.run { (session) throws(MongoFailure) in
        try session.distinct("attempt", of: MongoSchema.logs, LogChunks.all(of: run.text))
      }
    } catch { throw ArchiveError(reading: error) }
    return try names.map { name throws(ArchiveError) in
      guard let attempt = AttemptID(text: name) else {
        throw ArchiveError.refused("the log of \(name) is that of no attempt")
      }
      return attempt
    }
  }

  public func removeLogs(of attempts: [AttemptID]) async throws(ArchiveError) {
    try configuration.check(named: attempts.count)
    try await delete(
      SortedSet(attempts).map { LogChunks.all(of: $0) }, from: MongoSchema.logs)
  }

  public func waitForLines(of attempt: AttemptID, from: Int64, wait: Duration) async {
    let deadline = time.uptime() + wait
    let finds = [chunks.find(attempt, line: from), chunks.findEnd(attempt, atMost: from)]
    repeat {
      let left = deadline - time.uptime()
      let isWoken = await waiters.wait(
        for: attempt, atMost: max(.zero, min(left, configuration.lookEvery))
      ) {
        // Unknown counts as no: the wait goes on, and reading will say what is wrong.
        for find in finds where (try? await documents(find))?.isEmpty == false { return true }
        return false
      }
      if isWoken { return }
    } while time.uptime() < deadline && !Task.isCancelled
  }

  // MARK: Exchanges

  /// Of writes with one key, the one with the highest number.
  private func newest(_ writes: [MongoSession.Write]) -> [MongoSession.Write] {
    var newest: SortedMap<String, MongoSession.Write> = [:]
    for write in writes {
      let before = newest[write.key]?.number?.value ?? .min
      if (write.number?.value ?? .min) > before { newest[write.key] = write }
    }
    return newest.values.map(\.self)
  }

  private func write(
    _ writes: [MongoSession.Write], to collection: String
  ) async throws(ArchiveError) {
    for some in parts(of: writes) {
      do throws(MongoFailure) {
        try await client.run { (session) throws(MongoFailure) in
          try session.write(some, to: collection)
        }
      } catch { throw ArchiveError(writing: error) }
    }
  }

  private func delete(
    _ filters: [BSONDocument], from collection: String
  ) async throws(ArchiveError) {
    for some in parts(of: filters) {
      do throws(MongoFailure) {
        try await client.run { (session) throws(MongoFailure) in
          try session.delete(some, from: collection)
        }
      } catch { throw ArchiveError(writing: error) }
    }
  }

  /// As many as one exchange takes, and so on.
  private func parts<Item>(of items: [Item]) -> [[Item]] {
    stride(from: 0, to: items.count, by: configuration.documentsPerWriteMax).map { start in
      [Item](items[start...].prefix(configuration.documentsPerWriteMax))
    }
  }

  private func documents(
    _ find: MongoSession.Find
  ) async throws(ArchiveError) -> [BSONDocument] {
    do throws(MongoFailure) {
      return try await client.run { (session) throws(MongoFailure) in
        var found: [BSONDocument] = []
        try session.find(find) { document in
          found.append(document)
          return true
        }
        return found
      }
    } catch { throw ArchiveError(reading: error) }
  }
}
