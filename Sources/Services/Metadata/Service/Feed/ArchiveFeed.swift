internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire

/// Feeds the archive from the bus: runs when they start and end, lines as they are printed.
///
/// Every write is idempotent, so that records which come twice change nothing. A record that cannot
/// be understood goes to the dead letters and is passed over.
struct ArchiveFeed: Sendable {
  static let group = "metadata"
  static let topics = ["workflow.started", "workflow.completed", "task.logs"]
  static let deadLetters = "metadata.dead-letters"

  let ports: MetadataPorts

  /// Runs until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      do throws(BusError) {
        let member = try await ports.bus.join(
          group: ArchiveFeed.group, member: "\(ArchiveFeed.group)-0", topics: ArchiveFeed.topics)
        await take(from: member)
        await member.leave()
      } catch {
        ports.context.telemetry.log(.warning, "feed.not-joined", [("error", "\(error)")])
        try? await ports.context.time.sleep(for: ports.configuration.retryWait)
      }
    }
  }

  /// Takes records in until the membership ends.
  private func take(from member: any BusMembership) async {
    while !Task.isCancelled {
      do {
        let deliveries = try await member.poll(
          recordsMax: ports.configuration.recordsPerBatchMax, wait: ports.configuration.pollWait)
        guard !deliveries.isEmpty else { continue }
        try await store(deliveries)
        try await member.commit(deliveries)
      } catch BusError.fenced {
        return
      } catch {
        guard !Task.isCancelled else { return }
        ports.context.telemetry.log(.warning, "feed.retry", [("error", "\(error)")])
        try? await ports.context.time.sleep(for: ports.configuration.retryWait)
        // What was polled and not committed comes again to whoever joins next.
        return
      }
    }
  }

  private func store(_ deliveries: [BusDelivery]) async throws {
    var chunks: [LogChunk] = []
    var jobs: [JobDocument] = []
    for delivery in deliveries {
      let value = delivery.record.value
      switch delivery.place.topic {
      case "task.logs":
        if let chunk = (try? TaskLog(decoding: value)).flatMap(LogChunk.init) {
          chunks.append(chunk)
        } else {
          try await setAside(delivery)
        }
      case "workflow.started":
        if let job = (try? WorkflowStarted(decoding: value)).flatMap(JobDocument.init) {
          jobs.append(job)
        } else {
          try await setAside(delivery)
        }
      default:
        if let message = try? WorkflowCompleted(decoding: value), let run = RunID(text: message.run)
        {
          try await archive(run)
        } else {
          try await setAside(delivery)
        }
      }
    }
    if !chunks.isEmpty { try await ports.archive.append(chunks) }
    if !jobs.isEmpty { try await ports.archive.store(jobs: jobs, tasks: []) }
  }

  private func setAside(_ delivery: BusDelivery) async throws {
    ports.context.telemetry.log(
      .error, "record.dead-lettered",
      [("place", "\(delivery.place)"), ("offset", "\(delivery.offset)")])
    let record = BusRecord(
      topic: ArchiveFeed.deadLetters, key: delivery.record.key,
      headers: [
        BusHeader("origin-topic", delivery.place.topic),
        BusHeader("origin-partition", "\(delivery.place.partition)"),
        BusHeader("origin-offset", "\(delivery.offset)"),
      ], value: delivery.record.value)
    try await ports.bus.publish([record])
  }

  /// Copies a run that has ended, page by page, from the scheduler.
  private func archive(_ run: RunID) async throws {
    let scheduler = SchedulerClient(ports: ports)
    do throws(RPCError) {
      guard let view = try await scheduler.run(run), let job = JobDocument(view) else { return }
      var after = ""
      var count = 0
      repeat {
        let page = try await scheduler.tasks(
          of: run, after: after, limit: ports.configuration.tasksPerPageMax)
        try await store(page.tasks.compactMap { TaskDocument($0, of: run) })
        count += page.tasks.count
        after = page.next
      } while !after.isEmpty
      try await store([], job)
    } catch {
      // Not known any more: the scheduler has forgotten it after it was archived before.
      guard error.code == .notFound else { throw error }
    }
  }

  private func store(
    _ tasks: [TaskDocument], _ job: JobDocument? = nil
  ) async throws(RPCError) {
    do throws(ArchiveError) {
      try await ports.archive.store(jobs: job.map { [$0] } ?? [], tasks: tasks)
    } catch {
      throw RPCError(.unavailable, "the archive does not answer: \(error)")
    }
  }
}
