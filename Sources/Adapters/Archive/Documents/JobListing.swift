internal import Contracts
internal import Domain
internal import Ports

/// One listing of jobs, newest first, along the index that leaves the fewest to look at.
struct JobListing: Sendable {
  private enum Path {
    case namespace
    case workflow(String)
    case state(String)
    case label(name: String, value: String)
  }

  /// Jobs that one look at the index takes.
  private static let lookMax = 500

  private let filter: JobFilter
  private let store: any RecordStore
  private let limits: ArchiveLimits
  private let path: Path

  init(_ filter: JobFilter, _ store: any RecordStore, _ limits: ArchiveLimits) {
    self.filter = filter
    self.store = store
    self.limits = limits
    // Labels are the most selective as a rule, states the least.
    if let label = filter.labels.first(where: { ArchiveTables.isIndexed($0.key, $0.value) }) {
      path = .label(name: label.key, value: label.value)
    } else if let workflow = filter.workflow {
      path = .workflow(workflow.text)
    } else if let state = filter.state {
      path = .state(state)
    } else {
      path = .namespace
    }
  }

  func page(
    limit: Int, cursor: String?
  ) async throws(ArchiveError) -> (jobs: [JobDocument], next: String?) {
    var query = try query(from: cursor)
    var found: [JobDocument] = []
    var scanned = 0
    do throws(StoreError) {
      while true {
        query.limit = min(JobListing.lookMax, limits.jobsScannedMax - scanned)
        let look = try await look(query)
        for (index, job) in look.jobs.enumerated() where accepts(job) {
          found.append(job)
          guard found.count == limit else { continue }
          let hasMore = index + 1 < look.jobs.count || look.next != nil
          return (found, hasMore ? JobCursor(createdAt: job.createdAt, run: job.run).text : nil)
        }
        scanned += look.count
        guard let next = look.next, let last = look.last else { return (found, nil) }
        if scanned >= limits.jobsScannedMax { return (found, last) }
        query.after = next
      }
    } catch { throw ArchiveError(error) }
  }

  private struct Look {
    var jobs: [JobDocument]
    var count: Int
    var next: RecordCursor?
    /// The cursor text after the last row, accepted or not.
    var last: String?
  }

  private func look(_ query: RecordQuery) async throws(StoreError) -> Look {
    guard case .label = path else {
      let page = try await store.query(ArchiveTables.jobs, query)
      var jobs: [JobDocument] = []
      for row in page.records { jobs.append(try JobDocument(archived: row.record)) }
      return Look(
        jobs: jobs, count: page.records.count, next: page.next,
        last: page.records.last.flatMap { cursorText($0.record.createdAtUs, $0.record.run) })
    }
    let page = try await store.query(ArchiveTables.labels, query)
    let rows = try await store.get(
      ArchiveTables.jobs, page.records.map { [.text($0.record.run)] })
    var jobs: [JobDocument] = []
    for case let row? in rows { jobs.append(try JobDocument(archived: row.record)) }
    return Look(
      jobs: jobs, count: page.records.count, next: page.next,
      last: page.records.last.flatMap { cursorText($0.record.createdAtUs, $0.record.run) })
  }

  private func accepts(_ job: JobDocument) -> Bool {
    if let workflow = filter.workflow, job.workflow != workflow { return false }
    if let state = filter.state, job.state != state { return false }
    if let since = filter.since, job.createdAt < since { return false }
    if let before = filter.before, job.createdAt >= before { return false }
    guard filter.labels.allSatisfy({ job.labels[$0.key] == $0.value }) else { return false }
    return filter.condition?.holds(for: job.facts) ?? true
  }

  private func query(from cursor: String?) throws(ArchiveError) -> RecordQuery {
    let namespace = RecordValue.text(filter.namespace.text)
    var query =
      switch path {
      case .namespace:
        RecordQuery(
          table: ArchiveTables.jobs.name, index: "archive_job_by_namespace",
          prefix: [namespace], limit: 1)
      case .workflow(let name):
        RecordQuery(
          table: ArchiveTables.jobs.name, index: "archive_job_by_workflow",
          prefix: [namespace, .text(name)], limit: 1)
      case .state(let state):
        RecordQuery(
          table: ArchiveTables.jobs.name, index: "archive_job_by_state",
          prefix: [namespace, .text(state)], limit: 1)
      case .label(let name, let value):
        RecordQuery(
          table: ArchiveTables.labels.name, index: "archive_label_by_pair",
          prefix: [namespace, .text(ArchiveTables.pair(name, value))], limit: 1)
      }
    query.isDescending = true
    query.lower = filter.since.map { .including(.integer($0.microseconds)) }
    query.upper = filter.before.map { .excluding(.integer($0.microseconds)) }
    if let cursor {
      let place = try JobCursor(cursor)
      query.after = RecordCursor(
        values: query.prefix + [.integer(place.createdAt.microseconds), .text(place.run.text)])
      if case .label(let name, _) = path { query.after?.values.append(.text(name)) }
    }
    return query
  }

  private func cursorText(_ created: Int64, _ run: String) -> String? {
    RunID(text: run).map { JobCursor(createdAt: Moment(microseconds: created), run: $0).text }
  }
}
