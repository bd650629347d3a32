internal import Domain
public import Ports

/// Limits of an outbox pump.
public struct OutboxConfiguration: Sendable {
  /// Messages published at once.
  public var messagesPerBatchMax: Int = 500
  /// How long it waits for a commit to wake it before it looks by itself.
  public var idleWait: Duration = .seconds(1)
  /// How long that wait may grow while nothing comes: longer only for an outbox that nobody but
  /// this process fills, whose commits wake it.
  public var idleWaitMax: Duration = .seconds(1)
  /// How long it waits after the store or the bus had no answer.
  public var retryWait: Duration = .milliseconds(200)
  /// How long it waits before it offers again what the bus has refused.
  public var refusedWait: Duration = .seconds(1)

  public init() {}
}

/// Moves the messages of one outbox shard from the store to the bus, at least once, in their order
/// for each key.
///
/// It keeps no cursor: what the bus has acknowledged is deleted, what was not is published again.
/// One pump per shard; two would only publish twice. A message that the bus refuses holds back its
/// own key, is reported again and again, and is never dropped.
public struct OutboxPump: Sendable {
  let shard: String
  let store: any RecordStore
  let bus: any Bus
  let context: ServiceContext
  let configuration: OutboxConfiguration

  public init(
    shard: String, store: any RecordStore, bus: any Bus, context: ServiceContext,
    configuration: OutboxConfiguration = OutboxConfiguration()
  ) {
    self.shard = shard
    self.store = store
    self.bus = bus
    self.context = context
    self.configuration = configuration
  }

  /// What came of one round.
  enum Round: Hashable, Sendable {
    case nothingPending
    /// Some of what is pending, or all of it.
    case moved(isAll: Bool)
    /// All that is pending was refused, or waits behind what was refused.
    case stuck
  }

  /// Runs until the task is cancelled.
  public func run() async {
    var idleWait = configuration.idleWait
    var age = OutboxAge(shard: shard, context: context)
    while !Task.isCancelled {
      age.roundBegins()
      do {
        switch try await pumpOnce() {
        case .moved(let isAll):
          if isAll { age.drained() } else { age.left() }
          idleWait = configuration.idleWait
        case .nothingPending:
          age.drained()
          await store.waitForPending(shard: shard, until: idleWait)
          age.waited()
          idleWait = min(idleWait * 2, max(configuration.idleWait, configuration.idleWaitMax))
        case .stuck:
          age.left()
          try? await context.time.sleep(for: configuration.refusedWait)
        }
      } catch {
        age.left()
        context.telemetry.log(
          .warning, "outbox.retry", [("shard", shard), ("error", "\(error)")])
        try? await context.time.sleep(for: configuration.retryWait)
      }
    }
    age.ended()
  }

  /// Publishes one batch.
  func pumpOnce() async throws -> Round {
    let limit =
      context.probe.buggify("outbox.one-message") ? 1 : configuration.messagesPerBatchMax
    let pending = try await store.pending(shard: shard, limit: limit)
    guard !pending.isEmpty else { return .nothingPending }
    let published =
      try await publish(pending.map(\.record)) == nil
      ? pending.map(\.id) : try await publishSingly(pending)
    guard !published.isEmpty else { return .stuck }
    // As if it had died here: everything is published again.
    if context.probe.buggify("outbox.not-acknowledged") { return .moved(isAll: false) }
    try await store.acknowledge(shard: shard, published)
    return .moved(isAll: published.count == pending.count && pending.count < limit)
  }

  /// Finds out which messages the bus takes; those behind a refused one of their key have to wait.
  private func publishSingly(_ pending: [PendingMessage]) async throws(BusError) -> [Int64] {
    var published: [Int64] = []
    var heldKeys: SortedSet<String> = []
    for message in pending where !heldKeys.contains(message.record.key) {
      guard let refusal = try await publish([message.record]) else {
        published.append(message.id)
        continue
      }
      heldKeys.insert(message.record.key)
      context.telemetry.log(
        .error, "outbox.refused",
        [
          ("shard", shard), ("topic", message.record.topic), ("key", message.record.key),
          ("error", refusal),
        ])
    }
    return published
  }

  /// Why the bus will never take the records; nil when it has taken them.
  private func publish(_ records: [BusRecord]) async throws(BusError) -> String? {
    let start = context.time.now()
    do throws(BusError) {
      try await bus.publish(records)
      context.traced(published: records, since: start)
      return nil
    } catch {
      if case .refused(let why) = error { return why }
      throw error
    }
  }
}
