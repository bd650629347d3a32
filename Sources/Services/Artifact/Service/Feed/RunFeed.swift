internal import ArtifactCore
internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire

/// Hears of runs that have ended, so that their files are kept for as long as they should be.
///
/// Every record may come again and changes nothing then. One that cannot be understood goes to the
/// dead letters and is passed over.
struct RunFeed: Sendable {
  static let group = "artifact"
  static let topics = ["workflow.completed"]
  static let deadLetters = "artifact.dead-letters"

  let ports: ArtifactPorts
  let runs: RunShelf

  /// Runs until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      do throws(BusError) {
        let member = try await ports.bus.join(
          group: RunFeed.group, member: "\(RunFeed.group)-\(ports.configuration.member)",
          topics: RunFeed.topics)
        await take(from: member)
        await member.leave()
      } catch {
        guard !Task.isCancelled else { return }
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
        let start = ports.context.time.now()
        for delivery in deliveries { try await take(delivery) }
        ports.context.tookIn(deliveries, since: start)
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

  private func take(_ delivery: BusDelivery) async throws {
    guard let message = try? WorkflowCompleted(decoding: delivery.record.value),
      let run = RunID(text: message.run), message.endedAtUs > 0
    else { return try await setAside(delivery) }
    do throws(Problem) {
      let end = Moment(microseconds: message.endedAtUs)
      _ = try await runs.apply(.ended(at: end), to: run)
    } catch {
      // A row that nobody understands must not hold up all others.
      guard error.code == "unreadable" else { throw error }
      try await setAside(delivery)
    }
  }

  private func setAside(_ delivery: BusDelivery) async throws(BusError) {
    ports.context.telemetry.log(
      .error, "record.dead-lettered",
      [("place", "\(delivery.place)"), ("offset", "\(delivery.offset)")])
    let record = BusRecord(
      topic: RunFeed.deadLetters, key: delivery.record.key,
      headers: [
        BusHeader("origin-topic", delivery.place.topic),
        BusHeader("origin-partition", "\(delivery.place.partition)"),
        BusHeader("origin-offset", "\(delivery.offset)"),
      ], value: delivery.record.value)
    try await ports.bus.publish([record])
  }
}
