internal import Domain
public import Ports
internal import SimulationKit
internal import Synchronization

/// Remote calls: to any live process that serves the name, chosen by chance.
extension FakeNetwork {
  private typealias RPCResult = Result<[UInt8], RPCError>

  public func serve(rpc service: String, _ handler: any RPCHandler) async throws(RPCError) {
    let number = newNumber()
    await world.exchange("network.serve-rpc", ifCancelled: ()) { reply in
      let server = RPCServer(number: number, process: reply.caller, handler: handler)
      self.later {
        guard !reply.isAnswered else { return }
        self.state.withLock { $0.services[service, default: []].append(server) }
      }
    }
    state.withLock { state in
      state.services.update(service) { $0.removeAll { $0.number == number } }
    }
  }

  public func call(
    _ service: String, _ method: String, _ request: [UInt8], within: Duration
  ) async throws(RPCError) -> [UInt8] {
    let handling = Handling()
    let deadline = Alarm()
    let cancelled = RPCError(.cancelled, "the caller was cancelled")
    let result: RPCResult = await world.exchange(
      "network.call", ifCancelled: .failure(cancelled)
    ) { reply in
      deadline.set(
        self.world.schedule(after: within) {
          reply.send(
            .failure(RPCError(.deadlineExceeded, "no answer from \(service) within \(within)")))
        })
      let fate = self.drawFate()
      self.later {
        self.deliver(
          RPCRequest(service: service, method: method, body: request, fate: fate),
          reply, handling)
      }
    }
    deadline.cancel()
    if case .failure(let error) = result,
      error.code == .cancelled || error.code == .deadlineExceeded
    {
      later { handling.cancel() }
    }
    return try result.get()
  }

  private struct RPCRequest: Sendable {
    var service: String
    var method: String
    var body: [UInt8]
    var fate: Fate
  }

  private func deliver(_ request: RPCRequest, _ reply: Reply<RPCResult>, _ handling: Handling) {
    let servers = state.withLock { state in
      (state.services[request.service] ?? []).filter { $0.process.isAlive }
    }
    guard !servers.isEmpty, !request.fate.isRefused else {
      return later {
        reply.send(
          .failure(RPCError(.unavailable, "no connection to \(request.service) was made")))
      }
    }
    let server = servers[chance.below(servers.count)]
    guard !isCut(from: reply.caller, to: server.process) else { return }
    guard !request.fate.isRequestLost else {
      world.mark("network.request-lost")
      return lose(reply, request.fate)
    }
    let exchange = begin(
      Exchange(
        client: reply.caller, server: server.process, listener: nil,
        clientDied: { handling.cancel() },
        serverDied: {
          reply.send(.failure(RPCError(.unavailable, "the connection was reset")))
        }))
    let task = server.process.spawn("rpc \(request.service).\(request.method)") {
      let result: RPCResult
      do throws(RPCError) {
        result = .success(try await server.handler.answer(request.method, request.body))
      } catch {
        result = .failure(error)
      }
      self.end(exchange)
      self.answer(reply, result, from: server.process, request.fate)
    }
    handling.began(task)
  }

  private func answer(
    _ reply: Reply<RPCResult>, _ result: RPCResult, from server: Incarnation, _ fate: Fate
  ) {
    guard server.isAlive else { return }
    later {
      if self.isCut(from: server, to: reply.caller) { return }
      guard !fate.isAnswerLost else {
        self.world.mark("network.answer-lost")
        return self.lose(reply, fate)
      }
      reply.send(result)
    }
  }

  private func lose(_ reply: Reply<RPCResult>, _ fate: Fate) {
    guard fate.resets else { return }
    later { reply.send(.failure(RPCError(.unavailable, "the connection was reset"))) }
  }
}

/// The task that handles a request, to be cancelled when nobody waits for it any more.
final class Handling: Sendable {
  private struct State {
    var task: Task<Void, Never>?
    var isCancelled = false
  }

  private let state = Mutex(State())

  func began(_ task: Task<Void, Never>?) {
    let isCancelled = state.withLock { state in
      state.task = task
      return state.isCancelled
    }
    if isCancelled { task?.cancel() }
  }

  func cancel() {
    let task = state.withLock { state in
      state.isCancelled = true
      return state.task
    }
    task?.cancel()
  }
}
