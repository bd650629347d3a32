internal import Contracts
internal import Domain
internal import NotificationCore
internal import Ports
internal import ServiceKit

/// Applies events to messages: gather, decide, commit. Deciding has no side effect, so that a
/// conflict simply starts over.
struct DeliveryDesk: Sendable {
  /// What an event came to.
  struct Change: Sendable {
    var record: DeliveryRecord
    var machine: Delivery
    var effects: [Delivery.Effect]
    /// Whether an earlier commit of the same event may have been applied before.
    var wasInDoubt: Bool
  }

  let ports: NotificationPorts

  func record(_ id: String) async throws(StoreError) -> DeliveryRecord? {
    try await ports.store.get(NotificationTables.deliveries, key: [.text(id)])?.record
  }

  /// - Returns: nil when there is no such message.
  func apply(
    _ event: Delivery.Event, to id: DeliveryID
  ) async throws(StoreError) -> Change? {
    var wasInDoubt = false
    let key: [RecordValue] = [.text(id.text)]
    for _ in 0..<ports.configuration.conflictsMax {
      do throws(StoreError) {
        let found =
          wasInDoubt
          ? try await ports.store.settle(NotificationTables.deliveries, key: key)
          : try await ports.store.get(NotificationTables.deliveries, key: key)
        guard var row = found, var machine = row.record.machine else { return nil }
        let before = machine
        let now = ports.context.time.now()
        let effects = machine.apply(event, ports.configuration.delivery, at: now)
        guard machine != before else {
          return Change(
            record: row.record, machine: machine, effects: effects, wasInDoubt: wasInDoubt)
        }
        row.record.take(machine)
        var entries = [NotificationTables.deliveries.update(row.record, over: row.version)]
        for case .tellSubscription(let event) in effects {
          entries += try await tell(event, row.record, at: now)
        }
        _ = try await ports.store.commit(RecordBatch(entries: entries))
        return Change(
          record: row.record, machine: machine, effects: effects, wasInDoubt: wasInDoubt)
      } catch {
        switch error {
        case .conflict: continue
        case .outcomeUnknown: wasInDoubt = true
        case .unavailable, .refused: throw error
        }
      }
    }
    throw .conflict
  }

  /// The change of its subscription that goes with it. The health of mail is the mail server's, not
  /// the subscription's.
  private func tell(
    _ event: SubscriptionHealth.Event, _ record: DeliveryRecord, at now: Moment
  ) async throws(StoreError) -> [RecordBatch.Entry] {
    guard record.mail.isEmpty,
      var row = try await ports.store.get(
        NotificationTables.subscriptions, key: [.text(record.subscription)])
    else { return [] }
    var health = row.record.health
    let effects = health.apply(
      event, failuresMax: Int(clamping: ports.configuration.failuresInRowMax), at: now)
    guard health != row.record.health else { return [] }
    row.record.health = health
    for case .warn(let cause) in effects {
      ports.context.telemetry.log(
        .warning, cause == nil ? "subscription.disabled" : "subscription.paused",
        [("namespace", record.namespace), ("subscription", record.subscription)])
      ports.context.telemetry.count("notification_subscriptions_stopped", 1, [])
    }
    return [NotificationTables.subscriptions.update(row.record, over: row.version)]
  }
}
