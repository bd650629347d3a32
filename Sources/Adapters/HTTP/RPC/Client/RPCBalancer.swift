internal import Domain

/// Decides which of several addresses the next call goes to: those that are connected take turns,
/// those that failed are left alone for a while, longer each time.
///
/// Each call is answered at once: who serves everywhere else is worth more than waiting.
struct RPCBalancer: Hashable, Sendable {
  enum Phase: Hashable, Sendable {
    /// Not connected. Becomes `connecting` when a call comes to it.
    case idle
    /// Becomes `ready` when connected, `resting` when that failed.
    case connecting
    /// Calls go here. Becomes `idle` when the connection ends.
    case ready
    /// Left alone until `until`; then like `idle`.
    case resting(until: Uptime)
  }

  enum Choice: Hashable, Sendable {
    case use(Int)
    /// Connect, and tell what came of it.
    case connect(Int)
    /// Wait for an attempt that is under way.
    case join(Int)
    /// Every address failed a short while ago; the first may be tried again then.
    case refuse(until: Uptime)
  }

  private struct Place: Hashable, Sendable {
    var address: String
    var phase = Phase.idle
    var failures = 0
  }

  private var places: [Place]
  private var turn = 0

  private static let restFirst = Duration.milliseconds(50)
  private static let restMax = Duration.seconds(5)

  init(_ addresses: [String]) {
    places = addresses.map { Place(address: $0) }
  }

  var phases: [Phase] { places.map(\.phase) }

  /// Where the next call goes. An address that is not connected gets its turn like the others, so
  /// that calls spread over all of them.
  ///
  /// - Parameter tried: what this call has failed to connect to already.
  mutating func choose(at now: Uptime, besides tried: [Int] = []) -> Choice {
    var joined: Int?
    for step in places.indices {
      let index = (turn + step) % places.count
      guard !tried.contains(index) else { continue }
      switch places[index].phase {
      case .ready:
        turn = index + 1
        return .use(index)
      case .resting(let until) where until > now:
        continue
      case .idle, .resting:
        turn = index + 1
        places[index].phase = .connecting
        return .connect(index)
      case .connecting:
        joined = joined ?? index
      }
    }
    if let joined { return .join(joined) }
    return .refuse(until: rested(after: now))
  }

  mutating func connected(_ index: Int) {
    places[index].phase = .ready
    places[index].failures = 0
  }

  mutating func failed(_ index: Int, at now: Uptime) {
    places[index].failures = min(places[index].failures + 1, 16)
    let rest = RPCBalancer.rest(places[index].address, failures: places[index].failures)
    places[index].phase = .resting(until: now + rest)
  }

  /// The connection has ended or takes no more calls.
  mutating func closed(_ index: Int) {
    if places[index].phase == .ready { places[index].phase = .idle }
  }

  private func rested(after now: Uptime) -> Uptime {
    places.reduce(now + RPCBalancer.restMax) { earliest, place in
      if case .resting(let until) = place.phase { min(earliest, until) } else { earliest }
    }
  }

  /// Doubles from failure to failure; between half and all of it, by address and number.
  private static func rest(_ address: String, failures: Int) -> Duration {
    var hash = StableHash()
    hash.combine(address)
    hash.combine(UInt64(failures))
    let doubled = restFirst * (1 << (failures - 1))
    let whole = min(doubled, restMax)
    let share = Int(hash.value % 1_000)
    return whole / 2 + whole * share / 2_000
  }
}
