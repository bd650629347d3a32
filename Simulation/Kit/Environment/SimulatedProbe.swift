public import Domain
public import Ports
internal import Synchronization

/// What the probes of a world saw.
public final class ProbeRecords: Sendable {
  private struct State {
    var reached: SortedMap<String, Int> = [:]
    var fired: SortedMap<String, Int> = [:]
    var isActive: SortedMap<String, Bool> = [:]
  }

  private let state = Mutex(State())

  init() {}

  /// How often each mark was reached.
  public var reached: SortedMap<String, Int> { state.withLock { $0.reached } }
  /// How often each fault point fired.
  public var fired: SortedMap<String, Int> { state.withLock { $0.fired } }

  func reach(_ name: String) {
    state.withLock { $0.reached[name, default: 0] += 1 }
  }

  func fire(_ name: String) {
    state.withLock { $0.fired[name, default: 0] += 1 }
  }

  func isActive(_ name: String, or decide: () -> Bool) -> Bool {
    if let known = state.withLock({ $0.isActive[name] }) { return known }
    let decision = decide()
    state.withLock { $0.isActive[name] = decision }
    return decision
  }
}

/// Fault points in two levels: a site is active in a world or not, an active one fires at times.
/// So each world has its own set of misbehaviours.
public struct SimulatedProbe: Probe {
  private let world: SimulatedWorld

  init(_ world: SimulatedWorld) {
    self.world = world
  }

  public func buggify(_ name: StaticString) -> Bool {
    guard world.settings.buggifyActivation > .never else { return false }
    let site = name.description
    let random = world.stream(named: "buggify \(site)")
    let isActive = world.probes.isActive(site) {
      random.happens(world.settings.buggifyActivation)
    }
    guard isActive, random.happens(world.settings.buggifyFiring) else { return false }
    world.probes.fire(site)
    world.probes.reach("buggify \(site)")
    return true
  }

  public func reached(_ name: StaticString) {
    world.probes.reach(name.description)
  }
}
