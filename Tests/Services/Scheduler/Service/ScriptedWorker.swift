import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Synchronization
import Wire

@testable import SchedulerService

/// A worker that keeps the protocol of the gateway and runs scripts instead of programs.
final class ScriptedWorker: Sendable {
  enum Step: Sendable {
    case succeeds(after: Duration = .milliseconds(10), outputs: SortedMap<String, Value> = [:])
    case fails(after: Duration = .milliseconds(10))
    /// Runs until it is asked to stop.
    case hangs
    /// Is dropped at once, as if it had never been claimed.
    case forgotten
  }

  struct State {
    var session: SessionID?
    var running: SortedSet<AttemptID> = []
    var results: SortedMap<AttemptID, BusRecord> = [:]
    var stopsAsked: SortedSet<String> = []
    var stopsDone: SortedSet<String> = []
    var wantsHeld = false
    var sessions: [SessionID] = []
    /// Every attempt that it ever began, in order.
    var starts: [AttemptID] = []
    var fullBeats = 0
    var beats = 0
  }

  let process: SimulatedProcess
  private let slots: Int
  private let pools: [String]
  private let claims: Bool
  private let bus: FakeBus
  private let network: FakeNetwork
  private let script: @Sendable (AttemptID) -> Step
  private let state = Mutex(State())

  init(
    _ process: SimulatedProcess, slots: Int, pools: [String], claims: Bool, bus: FakeBus,
    network: FakeNetwork, script: @escaping @Sendable (AttemptID) -> Step
  ) {
    self.process = process
    self.slots = slots
    self.pools = pools
    self.claims = claims
    self.bus = bus
    self.network = network
    self.script = script
  }

  subscript<Part>(_ part: any WritableKeyPath<State, Part> & Sendable) -> Part {
    get { state.withLock { $0[keyPath: part] } }
    set { state.withLock { $0[keyPath: part] = newValue } }
  }

  func start() {
    process.start { [self] environment in await live(environment) }
  }

  private func live(_ environment: ProcessEnvironment) async {
    while true {
      let session = SessionID(at: environment.time.now(), random: environment.randomness.next)
      state.withLock { state in
        state.session = session
        state.sessions.append(session)
        state.running = []
        state.results = [:]
        state.stopsAsked = []
        state.stopsDone = []
        state.wantsHeld = false
      }
      let request = OpenSessionRequest(
        session: session.text, worker: process.name, pools: pools, slots: Int32(slots))
      while await call(WorkerGatewayMethods.openSession, request, OpenSessionResponse.self) == nil {
        try? await environment.time.sleep(for: .milliseconds(300))
      }
      if claims {
        environment.spawner.spawn("claims") { await self.claim(session, environment) }
      }
      await beat(session, environment)
    }
  }

  private func call<Answer: WireMessage>(
    _ method: String, _ request: some WireMessage, _: Answer.Type
  ) async -> Answer? {
    let bytes = try? await network.call(
      WorkerGatewayMethods.service, method, request.encoded(), within: .seconds(2))
    return bytes.flatMap { try? Answer(decoding: $0) }
  }

  private func isOpen(_ session: SessionID) -> Bool { state.withLock { $0.session == session } }

  private func claim(_ session: SessionID, _ environment: ProcessEnvironment) async {
    while isOpen(session) {
      let free = slots - state.withLock { $0.running.count }
      var got = 0
      if free > 0 {
        let request = ClaimRequest(session: session.text, max: Int32(free))
        let answer = await call(WorkerGatewayMethods.claim, request, ClaimResponse.self)
        guard isOpen(session) else { return }
        for item in answer?.items ?? [] where item.verdict == .yours {
          guard let attempt = AttemptID(text: item.attempt) else { continue }
          got += 1
          run(attempt, session, environment)
        }
      }
      if got == 0 { try? await environment.time.sleep(for: .milliseconds(100)) }
    }
  }

  private func run(
    _ attempt: AttemptID, _ session: SessionID, _ environment: ProcessEnvironment
  ) {
    let isNew = state.withLock { state in
      state.starts.append(attempt)
      return state.running.insert(attempt)
    }
    guard isNew else { return }
    environment.spawner.spawn("attempt") { [self] in
      let time = environment.time
      var result = AttemptEnded.Result.succeeded
      var outputs: SortedMap<String, Value> = [:]
      var length = Duration.seconds(1_000_000)
      switch script(attempt) {
      case .succeeds(let after, let values): (length, outputs) = (after, values)
      case .fails(let after): (length, result) = (after, .failed)
      case .hangs: break
      case .forgotten:
        state.withLock { _ = $0.running.remove(attempt) }
        return
      }
      let end = time.uptime() + length
      while time.uptime() < end {
        let isStopped = state.withLock { $0.stopsAsked.contains(attempt.description) }
        if isStopped {
          result = .stopped
          break
        }
        try? await time.sleep(for: min(.milliseconds(50), end - time.uptime()))
        guard isOpen(session) else { return }
      }
      let record = BusRecord.report(
        attempt, result, worker: process.name, outputs: outputs, at: time.now())
      state.withLock { state in
        state.running.remove(attempt)
        state.results[attempt] = record
        if result == .stopped { state.stopsDone.insert(attempt.description) }
      }
      while isOpen(session), state.withLock({ $0.results[attempt] != nil }) {
        try? await bus.publish([record])
        try? await time.sleep(for: .seconds(5))
      }
    }
  }

  /// Until the session is over.
  private func beat(_ session: SessionID, _ environment: ProcessEnvironment) async {
    var number: Int64 = 0
    var answeredAt = environment.time.uptime()
    while true {
      number += 1
      let request = state.withLock { state in
        let held = state.running.members + state.results.keys
        state.beats += 1
        if state.wantsHeld { state.fullBeats += 1 }
        let done = state.stopsAsked.filter { text in
          state.stopsDone.contains(text) || !held.contains { $0.description == text }
        }
        return HeartbeatRequest(
          session: session.text, beat: number, heldCount: Int32(held.count),
          heldHash: held.reduce(0) { $0 &+ $1.heldHash },
          held: state.wantsHeld ? held.map(\.description) : [], hasHeld: state.wantsHeld,
          results: state.results.keys.map(\.description), stopped: done)
      }
      let sentAt = environment.time.uptime()
      let answer = await call(WorkerGatewayMethods.heartbeat, request, HeartbeatResponse.self)
      if let answer {
        answeredAt = sentAt
        if answer.sessionOver { break }
        state.withLock { state in
          state.wantsHeld = answer.wantsHeld
          state.stopsAsked = SortedSet(answer.stops.map(\.attempt))
          for text in answer.acknowledged {
            if let attempt = AttemptID(text: text) { state.results[attempt] = nil }
          }
        }
      }
      // The scheduler may have declared the session over by then.
      if environment.time.uptime() - answeredAt >= .seconds(30) { break }
      try? await environment.time.sleep(for: .seconds(1))
    }
    state.withLock { $0.session = nil }
  }
}
