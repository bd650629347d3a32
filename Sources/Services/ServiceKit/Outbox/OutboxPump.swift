internal import Domain
public import Ports

/// Limits of an outbox pump.
public struct OutboxConfiguration: Sendable {
  /// Messages published at once.
  public var messagesPerBatchMax: Int = 500
  /// How long it waits for a commit to wake it before it looks by itself.
  public var idleWait: Duration = .seconds(1)
  /// How long it waits after the store or the bus had no answer.
  public var retryWait: Duration = .milliseconds(200)

  public init() {}
}

/// Moves the messages of one outbox shard from the store to the bus, at least once, in their order
/// for each key.
///
/// It keeps no cursor: what the bus has acknowledged is deleted, what was not is published again.
/// One pump per shard; two would only publish twice.
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

  /// Runs until the task is cancelled.
  public func run() async {
    while !Task.isCancelled {
      do {
        if try await pumpOnce() == 0 {
          await store.waitForPending(shard: shard, until: configuration.idleWait)
        }
      } catch {
        context.telemetry.log(
          .warning, "outbox.retry", [("shard", shard), ("error", "\(error)")])
        try? await context.time.sleep(for: configuration.retryWait)
      }
    }
  }

  /// Publishes one batch and answers how many messages it had.
  func pumpOnce() async throws -> Int {
    let pending = try await store.pending(
      shard: shard, limit: configuration.messagesPerBatchMax)
    guard !pending.isEmpty else { return 0 }
    try await bus.publish(pending.map(\.record))
    try await store.acknowledge(shard: shard, pending.map(\.id))
    return pending.count
  }
}
