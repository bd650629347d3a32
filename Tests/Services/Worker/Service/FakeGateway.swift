import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Synchronization
import Wire

/// A scheduler that offers what a test puts into it, and remembers what workers say.
final class FakeGateway: RPCHandler {
  struct State {
    var offers: [WorkOrderMessage] = []
    var sessions: [String] = []
    var over: SortedSet<String> = []
    var closed: [String] = []
    /// Attempts by the session that they were granted to.
    var leases: SortedMap<String, String> = [:]
    var stops: [HeartbeatResponse.Stop] = []
    var beats: [HeartbeatRequest] = []
    var claims: [ClaimRequest] = []
    var acknowledges = true
    var asksToDrain = false
  }

  private let bus: FakeBus
  private let state = Mutex(State())
  static let lease = Duration.seconds(10)

  init(_ bus: FakeBus) {
    self.bus = bus
  }

  /// What a test reads and changes between two steps of the world.
  subscript<Part>(_ part: any WritableKeyPath<State, Part> & Sendable) -> Part {
    get { state.withLock { $0[keyPath: part] } }
    set { state.withLock { $0[keyPath: part] = newValue } }
  }

  func offer(_ orders: [WorkOrderMessage]) {
    state.withLock { $0.offers += orders }
  }

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    do {
      switch method {
      case WorkerGatewayMethods.openSession:
        return open(try OpenSessionRequest(decoding: request)).encoded()
      case WorkerGatewayMethods.claim:
        return claim(try ClaimRequest(decoding: request)).encoded()
      case WorkerGatewayMethods.heartbeat:
        return beat(try HeartbeatRequest(decoding: request)).encoded()
      case WorkerGatewayMethods.closeSession:
        let session = try CloseSessionRequest(decoding: request).session
        state.withLock { state in
          state.closed.append(session)
          state.over.insert(session)
        }
        return CloseSessionResponse().encoded()
      default: throw RPCError(.unimplemented, method)
      }
    } catch let error as RPCError {
      throw error
    } catch {
      throw RPCError(.invalidArgument, "\(error)")
    }
  }

  private func open(_ request: OpenSessionRequest) -> OpenSessionResponse {
    state.withLock { state in
      if !state.sessions.contains(request.session) { state.sessions.append(request.session) }
    }
    return OpenSessionResponse(
      leaseUs: FakeGateway.lease.wholeMicroseconds, beatEveryUs: 1_000_000)
  }

  private func claim(_ request: ClaimRequest) -> ClaimResponse {
    state.withLock { state in
      state.claims.append(request)
      guard !state.over.contains(request.session) else { return ClaimResponse(sessionOver: true) }
      var response = ClaimResponse()
      for attempt in request.attempts {
        let place = state.offers.firstIndex { $0.attempt == attempt }
        if let place {
          response.items.append(grant(state.offers.remove(at: place), request, &state))
        } else {
          response.items.append(ClaimResponse.Item(attempt: attempt, verdict: .gone))
        }
      }
      while response.items.count < Int(request.max), !state.offers.isEmpty {
        response.items.append(grant(state.offers.removeFirst(), request, &state))
      }
      return response
    }
  }

  private func grant(
    _ order: WorkOrderMessage, _ request: ClaimRequest, _ state: inout State
  ) -> ClaimResponse.Item {
    state.leases[order.attempt] = request.session
    return ClaimResponse.Item(attempt: order.attempt, verdict: .yours, order: order)
  }

  private func beat(_ request: HeartbeatRequest) -> HeartbeatResponse {
    let ended = SortedSet(endedAttempts)
    return state.withLock { state in
      state.beats.append(request)
      guard !state.over.contains(request.session) else {
        return HeartbeatResponse(sessionOver: true)
      }
      state.stops.removeAll { request.stopped.contains($0.attempt) }
      let known = request.results.filter { state.acknowledges && ended.contains($0) }
      return HeartbeatResponse(
        stops: state.stops, acknowledged: known, wantsHeld: request.beat % 3 == 2,
        drain: state.asksToDrain)
    }
  }

  /// Attempts with a result on the bus, with repetitions.
  var endedAttempts: [String] { results.map(\.attempt) }

  var results: [AttemptEnded] {
    (bus.records("task.completed") + bus.records("task.failed")).compactMap {
      try? AttemptEnded(decoding: $0.record.value)
    }
  }

  func result(of attempt: AttemptID) -> AttemptEnded? {
    results.first { $0.attempt == attempt.description }
  }
}
