internal import Domain
internal import SimulationFakes
internal import SimulationFaults
internal import SimulationKit
internal import SimulationOracles
internal import Synchronization

/// Lets faults begin and end at their times, and notes which of them have struck, and what they
/// found under way.
final class Conductor: Sendable {
  private struct State {
    var struck: SortedMap<String, Int> = [:]
    var active: SortedMap<Int, Active> = [:]
    /// Faults that wait for a landmark, by their numbers.
    var waiting: SortedMap<Int, FaultEvent> = [:]
    /// How often each landmark was passed.
    var passed: SortedMap<Landmark, Int> = [:]
    var underWay = UnderWay()
    var reach = Reach()
    var isOver = false
    /// Virtual time when the people began.
    var begunAt = Duration.zero
  }

  private struct Active: Sendable {
    var fault: any Fault
    /// Marks of its evidence when it began.
    var before: Int
  }

  private let stage: Stage
  private let chronicle: Chronicle?
  private let state = Mutex(State())

  init(_ stage: Stage, _ chronicle: Chronicle?) {
    self.stage = stage
    self.chronicle = chronicle
  }

  /// How often each fault did something.
  var struck: SortedMap<String, Int> { state.withLock { $0.struck } }

  /// What each fault found under way when it began.
  var reach: Reach { state.withLock { $0.reach } }
  /// How often each landmark was passed.
  var passed: SortedMap<Landmark, Int> { state.withLock { $0.passed } }

  func conduct(_ events: [FaultEvent]) {
    state.withLock { $0.begunAt = stage.world.elapsed }
    for (number, event) in events.enumerated() {
      if event.after == nil {
        stage.world.schedule(after: event.at) { self.begin(number, event) }
      } else {
        state.withLock { $0.waiting[number] = event }
      }
    }
  }

  /// Called within the event in which the fact came about.
  func see(_ fact: Fact) {
    let due = state.withLock { state -> [(Int, FaultEvent)] in
      state.underWay.see(fact)
      var due: [(Int, FaultEvent)] = []
      for landmark in fact.landmarks {
        state.passed[landmark, default: 0] += 1
        let anchor = FaultAnchor(landmark, nth: state.passed[landmark] ?? 0)
        chronicle?.note(LandmarkPass(anchor: anchor, at: stage.world.elapsed - state.begunAt))
        due += state.waiting.filter { $0.value.after == anchor }.map { ($0.key, $0.value) }
      }
      for (number, _) in due { state.waiting[number] = nil }
      return due
    }
    for (number, event) in due {
      stage.world.schedule(after: event.at) { self.begin(number, event) }
    }
  }

  /// Ends everything: what lies still runs again, what is cut off is connected, clocks are right.
  ///
  /// - Parameter lost: processes that are killed for good instead.
  func healAll(but lost: SortedSet<String>) {
    let active = state.withLock { state in
      state.isOver = true
      state.waiting = [:]
      return state.active.keys
    }
    for number in active { end(number) }
    stage.network.heal()
    for actor in stage.actors {
      guard !lost.contains(actor.process.name) else {
        chronicle?.note(stage.world.elapsed, "fault", "\(actor.process.name) is lost for good")
        actor.process.kill()
        continue
      }
      actor.process.resume()
      actor.process.wallOffset = .zero
      actor.revive()
    }
  }

  private func begin(_ number: Int, _ event: FaultEvent) {
    guard let kind = Faults.named(event.fault), !state.withLock({ $0.isOver }) else { return }
    let fault = kind.init(event.settings)
    let before = marks(of: kind.card)
    state.withLock { state in
      state.active[number] = Active(fault: fault, before: before)
      for phase in state.underWay.phases { state.reach.count(event.fault, phase) }
    }
    stage.world.mark("fault \(event.fault)")
    chronicle?.note(stage.world.elapsed, "fault", "begins: \(describe(event))")
    fault.begin(on: stage)
    stage.world.schedule(after: event.length) { self.end(number) }
  }

  private func end(_ number: Int) {
    guard let active = state.withLock({ $0.active.removeValue(for: number) }) else { return }
    let card = type(of: active.fault).card
    active.fault.heal(on: stage)
    chronicle?.note(stage.world.elapsed, "fault", "ends: \(card.name)")
    guard card.evidence.isEmpty || marks(of: card) > active.before else { return }
    state.withLock { $0.struck[card.name, default: 0] += 1 }
  }

  /// With the name of what it strikes.
  private func describe(_ event: FaultEvent) -> String {
    let target = event.settings.values["target"].flatMap { stage.actor($0)?.process.name }
    return "\(event.fault)" + (target.map { " on \($0)" } ?? "")
      + event.settings.values.filter { $0.key != "target" }.map { " \($0.key)=\($0.value)" }
      .joined()
  }

  private func marks(of card: FaultCard) -> Int {
    let reached = stage.world.probes.reached
    return card.evidence.reduce(0) { $0 + (reached[$1] ?? 0) }
  }
}
