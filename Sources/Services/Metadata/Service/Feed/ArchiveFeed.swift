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
          group: ArchiveFeed.group, member: "\(ArchiveFeed.group)-\(ports.configuration.member)",
          topics: ArchiveFeed.topics)
        await take(from: member)
        await member.leave()
      } catch {
        ports.context.telemetry.log(.warning, "feed.not-joined", [("error", "\(error)")])
        try? await ports.context.time.sleep(for: ports.configuration.retryWait)
      }
    }
  }

  /// Takes records in until the membership ends.
  ///
  /// What is stored is committed now and then, not with every poll: it only saves work, and a
  /// record that comes again changes nothing.
  private func take(from member: any BusMembership) async {
    var stored = StoredOffsets(commitEvery: ports.configuration.commitEvery)
    while !Task.isCancelled {
      do {
        if let due = stored.due(at: ports.context.time.uptime()) { try await member.commit(due) }
        let deliveries = try await member.poll(
          recordsMax: ports.configuration.recordsPerBatchMax,
          wait: stored.wait(at: ports.context.time.uptime(), most: ports.configuration.pollWait))
        guard !deliveries.isEmpty else { continue }
        let start = ports.context.time.now()
        try await store(deliveries)
        ports.context.tookIn(deliveries, since: start)
        if ports.context.probe.buggify("history.not-committed") { continue }
        stored.add(deliveries, at: ports.context.time.uptime())
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
    // Whoever comes next need not begin with what is stored.
    guard let rest = stored.takeAll() else { return }
    do throws(BusError) {
      try await member.commit(rest)
    } catch {
      ports.context.telemetry.log(.debug, "feed.not-committed", [("error", "\(error)")])
    }
  }

  private func store(_ deliveries: [BusDelivery]) async throws {
    var chunks: [(LogChunk, BusDelivery)] = []
    var jobs: [(JobDocument, BusDelivery)] = []
    var ended: [(RunID, BusDelivery)] = []
    for delivery in deliveries {
      switch FeedRecord(delivery) {
      case .lines(let chunk)?: chunks.append((chunk, delivery))
      case .started(let job)?: jobs.append((job, delivery))
      case .ended(let run)?: ended.append((run, delivery))
      case nil:
        try await setAside(delivery, "it cannot be understood")
      }
    }
    try await keep(chunks) { chunks throws(ArchiveError) in
      try await ports.archive.append(chunks)
    }
    try await keep(jobs) { jobs throws(ArchiveError) in
      try await ports.archive.store(jobs: jobs, tasks: [])
    }
    try await RunCopier(ports: ports).copy(ended) { delivery, why in
      try await setAside(delivery, why)
    }
  }

  /// Writes all at once. What the archive will never take is found by writing one by one, and set
  /// aside.
  private func keep<Item>(
    _ items: [(Item, BusDelivery)], _ write: ([Item]) async throws(ArchiveError) -> Void
  ) async throws {
    guard !items.isEmpty, try await refusal(items.map(\.0), write) != nil else { return }
    for (item, delivery) in items {
      if let why = try await refusal([item], write) { try await setAside(delivery, why) }
    }
  }

  /// Why the archive will never take the items; nil when it has taken them.
  private func refusal<Item>(
    _ items: [Item], _ write: ([Item]) async throws(ArchiveError) -> Void
  ) async throws(ArchiveError) -> String? {
    do throws(ArchiveError) {
      try await write(items)
      return nil
    } catch {
      if case .refused(let why) = error { return why }
      throw error
    }
  }

  private func setAside(_ delivery: BusDelivery, _ why: String) async throws {
    ports.context.telemetry.log(
      .error, "record.dead-lettered",
      [
        ("place", "\(delivery.place)"), ("offset", "\(delivery.offset)"), ("error", why),
      ])
    let record = BusRecord(
      topic: ArchiveFeed.deadLetters, key: delivery.record.key,
      headers: [
        BusHeader("origin-topic", delivery.place.topic),
        BusHeader("origin-partition", "\(delivery.place.partition)"),
        BusHeader("origin-offset", "\(delivery.offset)"), BusHeader("error", why),
      ], value: delivery.record.value)
    try await ports.bus.publish([record])
  }
}

/// A record of the feed's topics, understood.
private enum FeedRecord {
  case lines(LogChunk)
  case started(JobDocument)
  case ended(RunID)

  init?(_ delivery: BusDelivery) {
    let value = delivery.record.value
    switch delivery.place.topic {
    case "task.logs":
      guard let chunk = (try? TaskLog(decoding: value)).flatMap(LogChunk.init) else { return nil }
      self = .lines(chunk)
    case "workflow.started":
      guard let job = (try? WorkflowStarted(decoding: value)).flatMap(JobDocument.init) else {
        return nil
      }
      self = .started(job)
    default:
      guard let message = try? WorkflowCompleted(decoding: value),
        let run = RunID(text: message.run)
      else { return nil }
      self = .ended(run)
    }
  }
}
