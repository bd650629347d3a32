internal import Domain
internal import NotificationCore
internal import Ports

/// What one process has under way, and what it watches of others.
struct DispatchState: Sendable {
  /// By message, the receiver that it goes to.
  private(set) var underWay: SortedMap<DeliveryID, String> = [:]
  private var perReceiver: SortedMap<String, Int> = [:]
  private var failing: SortedSet<String> = []
  /// Messages that others have under way: which version was seen first, and when by our own clock.
  private var watched: SortedMap<DeliveryID, Sighting> = [:]

  private struct Sighting: Sendable {
    var version: CommitID
    var since: Uptime
  }

  /// Takes a place for a message, if there is one.
  mutating func begin(
    _ id: DeliveryID, to receiver: String, limit: Int, in configuration: NotificationConfiguration
  ) -> Bool {
    let allowed = failing.contains(receiver) ? 1 : limit
    guard underWay[id] == nil, underWay.count < configuration.deliveriesInFlightMax,
      perReceiver[receiver, default: 0] < allowed
    else { return false }
    underWay[id] = receiver
    perReceiver[receiver] = perReceiver[receiver, default: 0] + 1
    return true
  }

  mutating func end(_ id: DeliveryID) {
    guard let receiver = underWay.removeValue(for: id) else { return }
    let left = perReceiver[receiver, default: 1] - 1
    perReceiver[receiver] = left > 0 ? left : nil
  }

  /// While a receiver fails, one message at a time finds out whether it still does.
  mutating func note(_ receiver: String, isFailing: Bool) {
    if isFailing { failing.insert(receiver) } else { failing.remove(receiver) }
  }

  /// Whether another process's message has not moved for a whole lease, judged by our own clock
  /// since we saw it first: clocks of others are never compared.
  mutating func isAbandoned(
    _ id: DeliveryID, at version: CommitID, now: Uptime, lease: Duration
  ) -> Bool {
    if let seen = watched[id], seen.version == version { return now >= seen.since + lease }
    watched[id] = Sighting(version: version, since: now)
    return false
  }

  mutating func forget(_ id: DeliveryID) {
    watched[id] = nil
  }

  /// Drops what was not seen for longer than anything is under way.
  mutating func forgetOld(before instant: Uptime) {
    for (id, seen) in watched where seen.since < instant { watched[id] = nil }
  }
}
