internal import Domain
internal import Ports

/// How long the oldest message of an outbox may have been waiting: since the pump last saw that
/// there was none. Told once a second at most while something is left, and when it is over.
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

  mutating func roundBegins() { roundBeganAt = context.time.uptime() }

  /// The round has left nothing of what was there when it began.
  mutating func drained() {
    emptyAt = roundBeganAt
    guard isTold else { return }
    isTold = false
    tell(.zero)
  }

  /// It has waited for something to come: whatever is there now has just come.
  mutating func waited() { emptyAt = context.time.uptime() }

  /// The round has left something, or nobody knows.
  mutating func left() {
    let now = context.time.uptime()
    guard now - emptyAt >= .seconds(1), now - (toldAt ?? emptyAt) >= .seconds(1) else { return }
    toldAt = now
    isTold = true
    tell(now - emptyAt)
  }

  /// The shard is somebody else's to tell of.
  func ended() {
    guard toldAt != nil else { return }
    context.telemetry.gauge("outbox_age", nil, [("shard", shard)])
  }

  private func tell(_ age: Duration) {
    context.telemetry.gauge("outbox_age", .length(age), [("shard", shard)])
  }
}
