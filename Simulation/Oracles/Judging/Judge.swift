public import Domain
internal import Synchronization

/// Shows every fact to every invariant, and collects what they say.
public final class Judge: Sendable {
  private struct State {
    var invariants: [any Invariant]
    var violations: [Violation] = []
    /// By the place of the invariant.
    var looks: [Int]
    var facts = 0
  }

  private let names: [InvariantName]
  /// By the place of the invariant.
  private let interests: [Interest]

  private let state: Mutex<State>

  public init(_ kinds: [any Invariant.Type] = Invariants.all) {
    names = kinds.map { $0.name }
    interests = kinds.map { $0.interest }
    state = Mutex(State(invariants: kinds.map { $0.init() }, looks: kinds.map { _ in 0 }))
  }

  /// What was broken so far, in order.
  public var violations: [Violation] { state.withLock { $0.violations } }
  /// How often each invariant had something to judge.
  public var looks: SortedMap<InvariantName, Int> {
    SortedMap(zip(names, state.withLock { $0.looks }).filter { $0.1 > 0 })
  }
  public var facts: Int { state.withLock { $0.facts } }

  /// - Returns: what this fact broke.
  @discardableResult
  public func see(_ fact: Fact, at moment: Duration) -> [Violation] {
    state.withLock { state in
      state.facts += 1
      return judge(&state, fact.interest, at: moment) { $0.see(fact, &$1) }
    }
  }

  /// Lets go of what the invariants remember, for whoever keeps the judge for no reason.
  public func forget() {
    state.withLock { $0.invariants = [] }
  }

  /// Everything has come to rest.
  @discardableResult
  public func close(at moment: Duration) -> [Violation] {
    state.withLock { state in judge(&state, nil, at: moment) { $0.close(&$1) } }
  }

  /// - Parameter interest: of those who are to look; nil for all.
  private func judge(
    _ state: inout State, _ interest: Interest?, at moment: Duration,
    _ look: (inout any Invariant, inout Judgement) -> Void
  ) -> [Violation] {
    var found: [Violation] = []
    for place in state.invariants.indices {
      if let interest, interests[place].isDisjoint(with: interest) { continue }
      var judgement = Judgement(at: moment)
      look(&state.invariants[place], &judgement)
      state.looks[place] += judgement.looks
      for what in judgement.violations {
        found.append(Violation(invariant: names[place], at: moment, what: what))
      }
    }
    state.violations += found
    return found
  }
}
