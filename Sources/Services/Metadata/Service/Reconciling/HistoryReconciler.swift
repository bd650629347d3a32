internal import Contracts
public import Domain
internal import MetadataCore
public import Ports
public import ServiceKit

/// Compares history with the records and mends it: run by run, so that what it needs of memory does
/// not grow with their number.
///
/// It reads history first and the records after: what history got meanwhile came from records that
/// are read later. So it may be run beside everything else; it then may name runs that have just
/// ended. Everything it does may be done twice.
public struct HistoryReconciler: Sendable {
  public struct Limits: Sendable {
    public var runsPerPageMax: Int = 500
    public var jobsPerPageMax: Int = 200
    public var namespacesPerPageMax: Int = 1_000
    /// Ends of the last so many seconds of the records are announced again by a repair: who reads
    /// them may not have done so when the broker's logs were lost.
    public var announcedAgain: Duration = .seconds(3_600)

    public init() {}
  }

  public typealias Tell = @Sendable (Difference) async -> Void

  let archive: any JobArchive
  let ledger: any RunLedger
  let requested: @Sendable ([RunID]) async throws -> SortedSet<RunID>
  let retention: RetentionRules
  let repairs: Repairs
  let limits: Limits

  /// - Parameter requested: answers which of the runs somebody has asked for.
  public init(
    _ archive: any JobArchive, _ ledger: any RunLedger, retention: RetentionRules,
    repairs: Repairs, limits: Limits = Limits(),
    requested: @escaping @Sendable ([RunID]) async throws -> SortedSet<RunID>
  ) {
    self.archive = archive
    self.ledger = ledger
    self.requested = requested
    self.retention = retention
    self.repairs = repairs
    self.limits = limits
  }

  /// - Throws: what a store fails with; what was told before is done.
  public func run(at now: Moment, _ tell: Tell) async throws {
    try await compareRecords(at: now, tell)
    try await compareHistory(tell)
  }

  // MARK: From the records

  private func compareRecords(at now: Moment, _ tell: Tell) async throws {
    let recent = try await ledger.newest().map { $0 - limits.announcedAgain }
    var last: RunID?
    repeat {
      let page = try await ledger.runs(after: last, limit: limits.runsPerPageMax)
      try await compare(page.runs, at: now, announcedSince: recent ?? now, tell)
      last = page.next
    } while last != nil
  }

  private func compare(
    _ page: [LedgerRun], at now: Moment, announcedSince recent: Moment, _ tell: Tell
  ) async throws {
    var shown: SortedMap<RunID, JobDocument> = [:]
    for job in try await archive.jobs(named: page.map(\.id)) { shown[job.run] = job }
    var withTasks: SortedSet<RunID> = []
    for run in page where run.view.endedAtUs == nil {
      let tasks = try await archive.tasks(of: run.id, after: nil, limit: 1)
      if !tasks.isEmpty { withTasks.insert(run.id) }
    }
    // The records once more, after history: what history has got meanwhile they have, too.
    let runs = try await ledger.runs(named: page.map(\.id))
    var cures = HistoryCures()
    for run in runs {
      guard let document = JobDocument(run.view) else { continue }
      var comparison = HistoryComparison(run, document, shown[run.id])
      comparison.showsTasks = withTasks.contains(run.id)
      let verdict = comparison.verdict(
        keptSince: now - retention.length(for: document.namespace))
      if let found = difference(verdict, run.id, document, shown[run.id]) { await tell(found) }
      cures.add(verdict, run, document)
      if let ended = document.endedAt, ended >= recent { cures.announced.append(run.id) }
      try await compareLogs(of: run, verdict, tell)
    }
    guard repairs.isOn else { return }
    try await archive.removeJobs(cures.removed)
    try await archive.store(jobs: cures.stored, tasks: [])
    try await ledger.announce(
      SortedSet(cures.announced + cures.unconfirmed).members, unconfirmed: cures.unconfirmed)
  }

  private func difference(
    _ verdict: HistoryComparison.Verdict, _ run: RunID, _ known: JobDocument, _ shown: JobDocument?
  ) -> Difference? {
    let says = shown.map { "history says \($0.state)" } ?? "history has nothing of it"
    let sides = "the records say \(known.state), \(says)"
    let mending = repairs.standing()
    switch verdict {
    case .agrees: return nil
    case .behind: return Difference(.runMissing, mending, run.text, "\(sides): it is told again")
    case .ahead: return Difference(.runAhead, mending, run.text, "\(sides): that is taken back")
    case .lost:
      return Difference(
        .historyLost, mending, run.text, "\(sides): its tasks are gone, the run is told again")
    case .unheard:
      return Difference(
        .endUnheard, mending, run.text, "nobody has confirmed its end: it is told again")
    case .contradicts:
      return Difference(
        .runContradicts, .unexplained, run.text, "\(sides) at revision \(known.revision)")
    }
  }

  // MARK: Logs

  /// Only of runs whose logs may be of another moment: those that go on, and those that history did
  /// not know to have ended.
  private func compareLogs(
    of run: LedgerRun, _ verdict: HistoryComparison.Verdict, _ tell: Tell
  ) async throws {
    let isLive = run.view.endedAtUs == nil
    guard isLive || verdict == .behind || verdict == .ahead else { return }
    let logged = try await archive.attempts(of: run.id)
    let begun = try await ledger.attempts(of: run.id)
    let known = SortedSet(begun.map(\.id))
    try await removeLogs(of: SortedSet(logged).filter { !known.contains($0) }, tell)
    for attempt in begun {
      guard let count = attempt.logLines, count > 0 else { continue }
      let end = try await archive.lines(of: attempt.id, from: count - 1, limit: 1)
      guard end.lines.isEmpty else { continue }
      await tell(
        Difference(
          .logsLost, .kept, attempt.id.description,
          "it has printed \(count) lines, and the last ones are nowhere"))
    }
  }

  /// Attempts that have not begun, as the records say.
  private func removeLogs(of attempts: [AttemptID], _ tell: Tell) async throws {
    for attempt in attempts {
      await tell(
        Difference(
          .logsAhead, repairs.standing(), attempt.description,
          "the records do not know that it began: its lines are removed"))
    }
    if repairs.isOn { try await archive.removeLogs(of: attempts) }
  }

  // MARK: From history

  private func compareHistory(_ tell: Tell) async throws {
    var last: NamespaceName?
    while true {
      let namespaces = try await archive.namespaces(
        after: last, limit: limits.namespacesPerPageMax)
      for namespace in namespaces { try await compare(namespace, tell) }
      guard let next = namespaces.last else { return }
      last = next
    }
  }

  private func compare(_ namespace: NamespaceName, _ tell: Tell) async throws {
    var cursor: String?
    repeat {
      let page = try await archive.jobs(
        JobFilter(namespace: namespace), limit: limits.jobsPerPageMax, cursor: cursor)
      try await compare(page.jobs, tell)
      cursor = page.next
    } while cursor != nil
  }

  private func compare(_ jobs: [JobDocument], _ tell: Tell) async throws {
    let known = SortedSet(try await ledger.runs(named: jobs.map(\.run)).map(\.id))
    let others = jobs.filter { !known.contains($0.run) }
    guard !others.isEmpty else { return }
    let requested = try await requested(others.map(\.run))
    for job in others {
      guard !requested.contains(job.run) else {
        try await compare(askedFor: job, tell)
        continue
      }
      guard job.endedAt == nil else {
        await tell(
          Difference(
            .runUnknownEnded, .kept, job.run.text,
            "history says \(job.state), no record knows it: it stays as what has happened"))
        continue
      }
      await tell(
        Difference(
          .runUnknownLive, repairs.standing(), job.run.text,
          "history says \(job.state), no record knows it: it is removed"))
      guard repairs.isOn else { continue }
      try await archive.removeLogs(of: try await archive.attempts(of: job.run))
      try await archive.removeJobs([job.run])
    }
  }
  /// Of a run that somebody has asked for and that has not begun, as the records say.
  private func compare(askedFor job: JobDocument, _ tell: Tell) async throws {
    let logged = try await archive.attempts(of: job.run)
    let tasks = try await archive.tasks(of: job.run, after: nil, limit: 1)
    let isAhead = job.endedAt != nil || job.revision > 0 || !tasks.isEmpty
    // It may have begun meanwhile.
    guard isAhead || !logged.isEmpty, try await ledger.runs(named: [job.run]).isEmpty else {
      return
    }
    if isAhead {
      await tell(
        Difference(
          .runAhead, repairs.standing(), job.run.text,
          "the records say that it has not begun, history says \(job.state): that is taken back"))
    }
    try await removeLogs(of: logged.sorted(), tell)
    guard repairs.isOn else { return }
    try await archive.removeJobs([job.run])
    try await archive.store(jobs: [job.asAskedFor], tasks: [])
  }
}

/// What is to be done about some runs.
private struct HistoryCures {
  /// What history has of them is taken away.
  var removed: [RunID] = []
  var stored: [JobDocument] = []
  var unconfirmed: [RunID] = []
  var announced: [RunID] = []

  mutating func add(
    _ verdict: HistoryComparison.Verdict, _ run: LedgerRun, _ document: JobDocument
  ) {
    switch verdict {
    case .agrees, .contradicts: return
    case .unheard: unconfirmed.append(run.id)
    case .lost: stored.append(document)
    case .behind, .ahead:
      if verdict == .ahead { removed.append(run.id) }
      if document.endedAt == nil {
        stored.append(document.asAskedFor)
      } else {
        unconfirmed.append(run.id)
      }
    }
  }
}

extension HistoryComparison {
  fileprivate init(_ run: LedgerRun, _ known: JobDocument, _ shown: JobDocument?) {
    self.init(
      known: Side(known), hasTasks: run.hasTasks, isHeard: run.isHeard, shown: shown.map(Side.init))
  }
}

extension HistoryComparison.Side {
  fileprivate init(_ job: JobDocument) {
    self.init(revision: job.revision, state: job.state, endedAt: job.endedAt)
  }
}

extension JobDocument {
  /// As history has a run that goes on: somebody asked for it.
  fileprivate var asAskedFor: JobDocument {
    JobDocument(
      run: run, namespace: namespace, workflow: workflow, version: version, revision: 0,
      state: "queued", labels: labels, createdAt: createdAt)
  }
}
