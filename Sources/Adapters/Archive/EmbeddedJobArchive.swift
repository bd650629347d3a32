internal import Contracts
public import Domain
public import Ports

/// The archive on any record store, for installations without a document database.
///
/// It uses ports only, and so runs on the embedded store and on a simulated one alike. Readers are
/// woken by writes of this process.
public struct EmbeddedJobArchive: JobArchive {
  /// Rows that one page of a filtered list looks at.
  static let rowsScannedMax = 2_000
  /// Writes of one commit.
  static let rowsPerCommitMax = 500
  /// How often a write that met another one is decided anew.
  static let conflictsMax = 8

  private let store: any RecordStore
  private let time: any Time
  private let bell = LineBell()

  public init(on store: any RecordStore, time: any Time) {
    self.store = store
    self.time = time
  }

  // MARK: Documents

  public func store(jobs: [JobDocument], tasks: [TaskDocument]) async throws(ArchiveError) {
    try await write(jobs.map { JobRecord($0) }, into: ArchiveTables.jobs) {
      $0.revision > $1.revision
    }
    try await write(tasks.map { JobTaskRecord($0) }, into: ArchiveTables.tasks) {
      $0.revision > $1.revision
    }
  }

  public func job(_ run: RunID) async throws(ArchiveError) -> JobDocument? {
    do throws(StoreError) {
      let row = try await store.get(ArchiveTables.jobs, key: [.text(run.text)])
      return row.flatMap { JobDocument($0.record) }
    } catch {
      throw ArchiveError(error)
    }
  }

  public func tasks(
    of run: RunID, after: TaskKey?, limit: Int
  ) async throws(ArchiveError) -> [TaskDocument] {
    var cursor = after.map { key in
      RecordCursor(
        values: [.text(run.text), .text(key.name.text), .integer(Int64(key.index ?? -1))])
    }
    var found: [TaskDocument] = []
    do throws(StoreError) {
      while found.count < limit {
        let page = try await store.query(
          ArchiveTables.tasks,
          RecordQuery(
            table: ArchiveTables.tasks.name, prefix: [.text(run.text)],
            limit: limit - found.count, after: cursor))
        found += page.records.compactMap { TaskDocument($0.record) }
        guard let next = page.next else { break }
        cursor = next
      }
    } catch {
      throw ArchiveError(error)
    }
    return found
  }

  public func jobs(
    _ filter: JobFilter, limit: Int, cursor: String?
  ) async throws(ArchiveError) -> (jobs: [JobDocument], next: String?) {
    var after = try cursor.map { text throws(ArchiveError) in try JobCursor.read(text, filter) }
    var found: [JobDocument] = []
    var scanned = 0
    do throws(StoreError) {
      while found.count < limit, scanned < EmbeddedJobArchive.rowsScannedMax {
        let page = try await store.query(
          ArchiveTables.jobs,
          RecordQuery(
            table: ArchiveTables.jobs.name, index: "newest",
            prefix: [.text(filter.namespace.text)],
            lower: filter.since.map { .including(.integer($0.microseconds)) },
            upper: filter.before.map { .excluding(.integer($0.microseconds)) },
            isDescending: true, limit: limit - found.count, after: after))
        scanned += page.records.count
        found += page.records.compactMap { JobDocument($0.record) }.filter(filter.passes)
        guard let next = page.next else { return (found, nil) }
        after = next
      }
    } catch {
      throw ArchiveError(error)
    }
    return (found, after.map(JobCursor.text))
  }

  // MARK: Lines

  public func append(_ chunks: [LogChunk]) async throws(ArchiveError) {
    let records = chunks.map { LogChunkRecord($0) }
    // Of two chunks that begin with the same line the longer one says more; the end is said once.
    try await write(records, into: ArchiveTables.chunks) { new, old in
      new.lines.count > old.lines.count || new.isLast && !old.isLast
    }
    bell.ring(chunks.map(\.attempt))
  }

  public func lines(
    of attempt: AttemptID, from: Int64, limit: Int
  ) async throws(ArchiveError) -> LogChunk {
    var answer = LogChunk(attempt: attempt, first: from, lines: [])
    var next = from
    do throws(StoreError) {
      for chunk in try await chunks(of: attempt, from: from, limit: limit) {
        guard chunk.first <= next else { break }
        let skipped = next - chunk.first
        let fresh = chunk.lines.dropFirst(Int(clamping: skipped))
        let room = limit - answer.lines.count
        answer.lines += fresh.prefix(room).compactMap { OutputLine($0) }
        next += Int64(min(fresh.count, room))
        if fresh.count > room { break }
        if chunk.isLast, next == chunk.first + Int64(chunk.lines.count) { answer.isLast = true }
      }
    } catch {
      throw ArchiveError(error)
    }
    return answer
  }

  /// The chunk that holds the line, or ends before it, and those behind.
  private func chunks(
    of attempt: AttemptID, from: Int64, limit: Int
  ) async throws(StoreError) -> [LogChunkRecord] {
    let prefix: [RecordValue] = [.text(attempt.description)]
    let before = try await store.query(
      ArchiveTables.chunks,
      RecordQuery(
        table: ArchiveTables.chunks.name, prefix: prefix, upper: .including(.integer(from)),
        isDescending: true, limit: 1))
    var found = before.records.map(\.record)
    let behind = try await store.query(
      ArchiveTables.chunks,
      RecordQuery(
        table: ArchiveTables.chunks.name, prefix: prefix, lower: .excluding(.integer(from)),
        limit: max(1, min(limit, 1_000))))
    found += behind.records.map(\.record)
    return found
  }

  public func waitForLines(of attempt: AttemptID, from: Int64, wait: Duration) async {
    let ring = bell.listen(to: attempt)
    if let chunk = try? await lines(of: attempt, from: from, limit: 1),
      chunk.isLast || !chunk.lines.isEmpty
    {
      return bell.forget(ring)
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [bell] in await bell.wait(for: ring) }
      group.addTask { [time] in try? await time.sleep(for: wait) }
      await group.next()
      group.cancelAll()
    }
    bell.forget(ring)
  }

  // MARK: Writing

  /// Writes the records that say more than the stored ones.
  private func write<Record>(
    _ records: [Record], into table: Table<Record>,
    _ saysMore: @Sendable (Record, Record) -> Bool
  ) async throws(ArchiveError) {
    var rest = records[...]
    while !rest.isEmpty {
      let part = rest.prefix(EmbeddedJobArchive.rowsPerCommitMax)
      rest = rest.dropFirst(EmbeddedJobArchive.rowsPerCommitMax)
      do throws(StoreError) {
        try await writePart(newest(Array(part), in: table, saysMore), into: table, saysMore)
      } catch {
        throw ArchiveError(error)
      }
    }
  }

  /// One record for each key: the one that says the most.
  private func newest<Record>(
    _ records: [Record], in table: Table<Record>,
    _ saysMore: @Sendable (Record, Record) -> Bool
  ) -> [Record] {
    var kept: [Record] = []
    var places: SortedMap<RowKey, Int> = [:]
    for record in records {
      let key = RowKey(values: table.row(record).key)
      if let place = places[key] {
        if saysMore(record, kept[place]) { kept[place] = record }
      } else {
        places[key] = kept.count
        kept.append(record)
      }
    }
    return kept
  }

  private func writePart<Record>(
    _ records: [Record], into table: Table<Record>,
    _ saysMore: @Sendable (Record, Record) -> Bool
  ) async throws(StoreError) {
    for _ in 0..<EmbeddedJobArchive.conflictsMax {
      let known = try await store.get(table, records.map { table.row($0).key })
      var entries: [RecordBatch.Entry] = []
      for (record, old) in zip(records, known) {
        guard let old else {
          entries.append(table.insert(record))
          continue
        }
        if saysMore(record, old.record) { entries.append(table.update(record, over: old.version)) }
      }
      guard !entries.isEmpty else { return }
      do throws(StoreError) {
        _ = try await store.commit(RecordBatch(entries: entries))
        return
      } catch {
        guard error == .conflict else { throw error }
      }
    }
    throw .conflict
  }
}

/// The key of a row, in the order of backends.
private struct RowKey: Comparable {
  var values: [RecordValue]

  static func < (left: RowKey, right: RowKey) -> Bool {
    left.values.lexicographicallyPrecedes(right.values)
  }
}

extension ArchiveError {
  init(_ error: StoreError) {
    switch error {
    case .conflict: self = .unavailable("others wrote the same records again and again")
    case .outcomeUnknown: self = .outcomeUnknown
    case .unavailable(let why): self = .unavailable(why)
    case .refused(let why): self = .refused(why)
    }
  }
}

extension JobFilter {
  func passes(_ job: JobDocument) -> Bool {
    if let workflow, workflow != job.workflow { return false }
    if let state, state != job.state { return false }
    return labels.allSatisfy { job.labels[$0.key] == $0.value }
  }
}

/// The place of a job in its list, as text.
enum JobCursor {
  static func text(_ cursor: RecordCursor) -> String {
    cursor.values.map { value in
      switch value {
      case .integer(let number): "\(number)"
      case .text(let text): text
      case .null, .bytes: ""
      }
    }.joined(separator: "/")
  }

  static func read(_ text: String, _ filter: JobFilter) throws(ArchiveError) -> RecordCursor {
    let parts = text.split(separator: "/")
    guard parts.count == 3, parts[0] == filter.namespace.text, let created = Int64(parts[1]) else {
      throw .refused("'\(text)' is no cursor of this list")
    }
    return RecordCursor(
      values: [.text(String(parts[0])), .integer(created), .text(String(parts[2]))])
  }
}
