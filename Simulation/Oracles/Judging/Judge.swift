public import Domain
internal import Synchronization

/// Shows every fact to every invariant, and collects what they say.
public final class Judge: Sendable {
  private struct State {
    var invariants: [any Invariant]
    var violations: [Violation] = []
    var looks: SortedMap<InvariantName, Int> = [:]
    var facts = 0
  }

  private let state: Mutex<State>

  public init(_ kinds: [any Invariant.Type] = Invariants.all) {
    state = Mutex(State(invariants: kinds.map { $0.init() }))
  }

  /// What was broken so far, in order.
  public var violations: [Violation] { state.withLock { $0.violations } }
  /// How often each invariant had something to judge.
  public var looks: SortedMap<InvariantName, Int> { state.withLock { $0.looks } }
  public var facts: Int { state.withLock { $0.facts } }

  /// - Returns: what this fact broke.
  @discardableResult
  public func see(_ fact: Fact, at moment: Duration) -> [Violation] {
    state.withLock { state in
      state.facts += 1
      return Judge.judge(&state, at: moment) { $0.see(fact, &$1) }
    }
  }

  /// Everything has come to rest.
  @discardableResult
  public func close(at moment: Duration) -> [Violation] {
    state.withLock { state in Judge.judge(&state, at: moment) { $0.close(&$1) } }
  }

  private static func judge(
    _ state: inout State, at moment: Duration,
    _ look: (inout any Invariant, inout Judgement) -> Void
  ) -> [Violation] {
    var found: [Violation] = []
    for place in state.invariants.indices {
      let name = type(of: state.invariants[place]).name
      var judgement = Judgement(name, at: moment)
      look(&state.invariants[place], &judgement)
      found += judgement.violations
      if judgement.looks > 0 { state.looks[name, default: 0] += judgement.looks }
    }
    state.violations += found
    return found
  }
}
