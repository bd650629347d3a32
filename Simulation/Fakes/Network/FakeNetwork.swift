internal import Domain
public import Ports
public import SimulationKit
internal import Synchronization

/// The network between the processes of a world: every message takes its time, may be lost, and may
/// be cut off.
///
/// One object for the whole world: who calls is known by the process whose job runs.
public final class FakeNetwork: Network {
  let world: SimulatedWorld
  let limits: NetworkLimits
  let chance: WorldRandom
  let latency: WorldRandom
  let state: Mutex<State>

  struct State {
    var faults: NetworkFaults
    var cuts: SortedSet<Cut> = []
    var services: SortedMap<String, [RPCServer]> = [:]
    var listeners: SortedMap<String, Listener> = [:]
    /// Exchanges that have not ended, by the order in which they began.
    var open: SortedMap<UInt64, Exchange> = [:]
    var numbers: UInt64 = 0
    var nextPort = 40_000
  }

  /// A direction in which nothing arrives.
  struct Cut: Hashable, Comparable {
    var from: String
    var to: String

    static func < (left: Cut, right: Cut) -> Bool {
      (left.from, left.to) < (right.from, right.to)
    }
  }

  struct RPCServer {
    var number: UInt64
    var process: Incarnation
    var handler: any RPCHandler
  }

  struct Listener {
    var number: UInt64
    var process: Incarnation
    var handler: any HTTPHandler
    var exposure: RPCExposure?
    var isAccepting = true
    var drained: Reply<Void>?
  }

  /// What two processes have open with each other.
  struct Exchange {
    var client: Incarnation
    var server: Incarnation
    /// The listener that it counts for; nil for remote calls.
    var listener: UInt64?
    var clientDied: @Sendable () -> Void
    var serverDied: @Sendable () -> Void
    var healed: @Sendable () -> Void = {}
  }

  public init(
    _ world: SimulatedWorld, faults: NetworkFaults = .calm, limits: NetworkLimits = NetworkLimits(),
    name: String = "network"
  ) {
    self.world = world
    self.limits = limits
    chance = world.stream(named: "\(name) faults")
    latency = world.stream(named: "\(name) latency")
    state = Mutex(State(faults: faults))
    world.onDeath { [weak self] in self?.died($0) }
    world.onClose { [weak self] in
      // What is forgotten is let go outside of the lock: the end of a body tells its writer.
      guard let self else { return }
      _ = self.state.withLock { state in
        defer {
          state.services = [:]
          state.listeners = [:]
          state.open = [:]
        }
        return (state.services, state.listeners, state.open)
      }
    }
  }

  public var faults: NetworkFaults {
    get { state.withLock { $0.faults } }
    set { state.withLock { $0.faults = newValue } }
  }

  // MARK: Partitions

  /// Nothing that `from` sends arrives at `to`; the other direction stays.
  public func cut(from: SimulatedProcess, to: SimulatedProcess) {
    state.withLock { _ = $0.cuts.insert(Cut(from: from.name, to: to.name)) }
    world.note("network.cut")
  }

  /// Cuts a process off from all others, both ways.
  public func isolate(_ process: SimulatedProcess) {
    for other in world.processes where other.name != process.name {
      cut(from: process, to: other)
      cut(from: other, to: process)
    }
  }

  public func heal() {
    let open = state.withLock { state in
      state.cuts = []
      return state.open.values
    }
    world.note("network.heal")
    for exchange in open { later(exchange.healed) }
  }

  func isCut(from: Incarnation, to: Incarnation) -> Bool {
    let isCut = state.withLock { state in
      !state.cuts.isEmpty && state.cuts.contains(Cut(from: from.process.name, to: to.process.name))
    }
    if isCut { world.mark("network.cut-message") }
    return isCut
  }

  // MARK: Messages

  /// Does something when a message sent now has arrived.
  func later(_ action: @escaping @Sendable () -> Void) {
    let faults = faults
    let isSlow = chance.happens(faults.slow)
    if isSlow { world.mark("network.slow") }
    let length = latency.length(in: isSlow ? faults.slowLatency : faults.latency)
    world.schedule(after: length, action)
  }

  /// What a request meets on its way, drawn all at once.
  struct Fate: Sendable {
    var isRefused: Bool
    var isRequestLost: Bool
    var isAnswerLost: Bool
    var resets: Bool
  }

  func drawFate() -> Fate {
    let faults = faults
    let isRefused = chance.happens(faults.refused)
    if isRefused { world.mark("network.refused") }
    return Fate(
      isRefused: isRefused, isRequestLost: chance.happens(faults.requestLost),
      isAnswerLost: chance.happens(faults.answerLost),
      resets: chance.happens(faults.resetsWhenLost))
  }

  // MARK: Exchanges

  func newNumber() -> UInt64 {
    state.withLock { state in
      state.numbers += 1
      return state.numbers
    }
  }

  func begin(_ exchange: Exchange) -> UInt64 {
    state.withLock { state in
      state.numbers += 1
      state.open[state.numbers] = exchange
      return state.numbers
    }
  }

  func end(_ number: UInt64) {
    let drained: Reply<Void>? = state.withLock { state in
      guard let ended = state.open.removeValue(for: number), let listener = ended.listener else {
        return nil
      }
      return FakeNetwork.drained(listener, &state)
    }
    drained?.send(())
  }

  /// The task that waits for a listener without any open exchange.
  static func drained(_ listener: UInt64, _ state: inout State) -> Reply<Void>? {
    guard !state.open.values.contains(where: { $0.listener == listener }) else { return nil }
    return state.listeners.values.first { $0.number == listener }?.drained
  }

  private func died(_ incarnation: Incarnation) {
    // What is dropped is let go outside of the lock: the end of a handler may send something.
    let (broken, dropped) = state.withLock { state in
      let before = (state.services, state.listeners, state.open)
      for name in state.services.keys {
        state.services.update(name) { $0.removeAll { $0.process === incarnation } }
      }
      for (address, listener) in state.listeners where listener.process === incarnation {
        state.listeners.removeValue(for: address)
      }
      let touched = state.open.filter {
        $0.value.server === incarnation || $0.value.client === incarnation
      }
      for (number, exchange) in touched where exchange.server === incarnation {
        state.open.removeValue(for: number)
      }
      let broken = touched.map { _, exchange in
        exchange.server === incarnation ? exchange.serverDied : exchange.clientDied
      }
      return (broken, before)
    }
    withExtendedLifetime(dropped) {}
    for tell in broken {
      if chance.happens(faults.halfOpen) {
        world.mark("network.half-open")
      } else {
        later(tell)
      }
    }
  }
}
