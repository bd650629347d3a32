internal import Domain
internal import Ports

/// How long the oldest message of an outbox may have been waiting: since the begin of the last
/// round that left none behind. Told once a second at most, and when it is over.
struct OutboxAge {
  private let shard: String
  private let context: ServiceContext
  private var roundBeganAt: Uptime
  private var emptyAt: Uptime
  private var toldAt: Uptime?
  private var isTold = false

  init(shard: String, context: ServiceContext) {
    self.shard = shard
    self.context = context
    roundBeganAt = context.time.uptime()
    emptyAt = roundBeganAt
  }

  mutating func begins() {
    roundBeganAt = context.time.uptime()
    guard roundBeganAt - emptyAt >= .seconds(1) else { return }
    if let toldAt, roundBeganAt - toldAt < .seconds(1) { return }
    toldAt = roundBeganAt
    isTold = true
    tell(roundBeganAt - emptyAt)
  }

  mutating func drained() {
    emptyAt = roundBeganAt
    guard isTold else { return }
    isTold = false
    tell(.zero)
  }

  private func tell(_ age: Duration) {
    context.telemetry.gauge("outbox_age", .length(age), [("shard", shard)])
  }
}
