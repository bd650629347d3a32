internal import Contracts
internal import Domain
internal import NotificationCore
internal import Ports
internal import ServiceKit
internal import Wire

/// Takes in how runs end, from the bus. Every write is idempotent, so that records which come twice
/// change nothing; one that cannot be understood goes to the dead letters and is passed over.
struct EndFeed: Sendable {
  static let group = "notification"
  static let topic = "workflow.completed"
  static let deadLetters = "notification.dead-letters"

  private let ports: NotificationPorts
  private let desk: EndDesk

  init(ports: NotificationPorts, wake: Signal) {
    self.ports = ports
    desk = EndDesk(ports: ports, rules: RuleSource(ports), wake: wake)
  }

  /// Runs until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      do throws(BusError) {
        let name = ports.configuration.member ?? "\(ports.context.process)"
        let member = try await ports.bus.join(
          group: EndFeed.group, member: "\(EndFeed.group)-\(name)", topics: [EndFeed.topic])
        await take(from: member)
        await member.leave()
      } catch {
        ports.context.telemetry.log(.warning, "ends.not-joined", [("error", "\(error)")])
        try? await ports.context.time.sleep(for: ports.configuration.retryWait)
      }
    }
  }

  /// Takes records in until the membership ends.
  private func take(from member: any BusMembership) async {
    while !Task.isCancelled {
      do {
        let records = try await member.poll(
          recordsMax: ports.configuration.recordsPerBatchMax, wait: ports.configuration.pollWait)
        guard !records.isEmpty else { continue }
        let start = ports.context.time.now()
        var quiet: [RunEnd] = []
        for record in records {
          if let end = try await take(record) { quiet.append(end) }
        }
        try await desk.settle(quiet)
        ports.context.tookIn(records, since: start)
        if ports.context.probe.buggify("ends.not-committed") { continue }
        try await member.commit(records)
      } catch BusError.fenced {
        return
      } catch {
        guard !Task.isCancelled else { return }
        ports.context.telemetry.log(.warning, "ends.retry", [("error", "\(error)")])
        try? await ports.context.time.sleep(for: ports.configuration.retryWait)
        // What was polled and not committed comes again to whoever joins next.
        return
      }
    }
  }

  /// - Returns: an end that concerns nobody.
  private func take(_ record: BusDelivery) async throws -> RunEnd? {
    guard let end = (try? WorkflowCompleted(decoding: record.record.value)).flatMap(RunEnd.init)
    else {
      try await setAside(record)
      return nil
    }
    do {
      return try await desk.take(end, record.record.trace) ? end : nil
    } catch StoreError.refused(let why) {
      // What the store will never take must not hold up what follows.
      ports.context.telemetry.log(.error, "ends.refused", [("run", end.run.text), ("why", why)])
      try await setAside(record)
      return nil
    }
  }

  private func setAside(_ delivery: BusDelivery) async throws(BusError) {
    ports.context.telemetry.log(
      .error, "record.dead-lettered",
      [("place", "\(delivery.place)"), ("offset", "\(delivery.offset)")])
    let record = BusRecord(
      topic: EndFeed.deadLetters, key: delivery.record.key,
      headers: [
        BusHeader("origin-topic", delivery.place.topic),
        BusHeader("origin-partition", "\(delivery.place.partition)"),
        BusHeader("origin-offset", "\(delivery.offset)"),
      ], value: delivery.record.value)
    try await ports.bus.publish([record])
  }
}
