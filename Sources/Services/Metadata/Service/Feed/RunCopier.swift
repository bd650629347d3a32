internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// Copies runs that have ended from the scheduler into the archive: small ones many at once, large
/// ones page by page.
///
/// Repeating it changes nothing. A job says that it has ended when all of its tasks are there.
struct RunCopier: Sendable {
  typealias SetAside = (BusDelivery, String) async throws -> Void

  private struct Copy {
    var id: RunID
    var job: JobDocument
    var tasks: [TaskDocument]
  }

  let ports: MetadataPorts

  private var scheduler: SchedulerClient { SchedulerClient(ports: ports) }

  /// - Parameter setAside: is told of what will never work, and why.
  func copy(_ ended: [(run: RunID, delivery: BusDelivery)], _ setAside: SetAside) async throws {
    var left = ended[...]
    while !left.isEmpty {
      let part = left.prefix(ports.configuration.runsPerExportMax)
      guard
        let answer = try await scheduler.export(
          part.map(\.run), tasksMax: ports.configuration.tasksPerPageMax),
        (1...part.count).contains(answer.runs.count)
      else {
        try await copySingly(part, setAside)
        left = left.dropFirst(part.count)
        continue
      }
      try await store(answer.runs, for: part.prefix(answer.runs.count), setAside)
      left = left.dropFirst(answer.runs.count)
    }
  }

  private func store(
    _ runs: [ExportRunsResponse.Run], for ended: ArraySlice<(run: RunID, delivery: BusDelivery)>,
    _ setAside: SetAside
  ) async throws {
    var copies: [Copy] = []
    var others: [(run: RunID, delivery: BusDelivery)] = []
    for (exported, (run, delivery)) in zip(runs, ended) {
      // Not known any more: the scheduler has forgotten it after it was archived before.
      guard let view = exported.run else { continue }
      if exported.next.isEmpty, exported.id == run.text, let job = JobDocument(view) {
        let tasks = exported.tasks.compactMap { TaskDocument($0, of: run) }
        copies.append(Copy(id: run, job: job, tasks: tasks))
      } else {
        others.append((run, delivery))
      }
    }
    if !copies.isEmpty {
      // What the archive will never take is found by copying one by one.
      if try await store([], copies.flatMap(\.tasks)) == nil,
        try await store(copies.map(\.job), []) == nil
      {
        try await scheduler.archived(copies.map(\.id))
      } else {
        let ids = SortedSet(copies.map(\.id))
        others += ended.filter { ids.contains($0.run) }
      }
    }
    try await copySingly(others[...], setAside)
  }

  private func copySingly(
    _ ended: ArraySlice<(run: RunID, delivery: BusDelivery)>, _ setAside: SetAside
  ) async throws {
    for (run, delivery) in ended {
      if let why = try await copy(run) { try await setAside(delivery, why) }
    }
  }

  /// Copies a run page by page.
  ///
  /// - Returns: why that will never work; nil when it is done.
  private func copy(_ run: RunID) async throws -> String? {
    do throws(RPCError) {
      guard let view = try await scheduler.run(run), let job = JobDocument(view) else {
        return "what the scheduler says of \(run) cannot be understood"
      }
      var after = ""
      repeat {
        let page = try await scheduler.tasks(
          of: run, after: after, limit: ports.configuration.tasksPerPageMax)
        let tasks = page.tasks.compactMap { TaskDocument($0, of: run) }
        if let why = try await store([], tasks) { return why }
        after = page.next
      } while !after.isEmpty
      if let why = try await store([job], []) { return why }
      try await scheduler.archived([run])
      return nil
    } catch {
      // Not known any more: the scheduler has forgotten it after it was archived before.
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  private func store(
    _ jobs: [JobDocument], _ tasks: [TaskDocument]
  ) async throws(RPCError) -> String? {
    do throws(ArchiveError) {
      try await ports.archive.store(jobs: jobs, tasks: tasks)
      return nil
    } catch {
      if case .refused(let why) = error { return why }
      throw RPCError(.unavailable, "the archive does not answer: \(error)")
    }
  }
}
