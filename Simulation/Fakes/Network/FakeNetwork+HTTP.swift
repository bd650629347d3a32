internal import Domain
public import Ports
internal import SimulationKit
internal import Synchronization

/// HTTP by address, with bodies that hold their writers back.
extension FakeNetwork {
  private typealias HTTPResult = Result<HTTPAnswer, HTTPError>

  // MARK: Serving

  public func serve(
    _ address: String, _ handler: any HTTPHandler, ready: @Sendable (String) -> Void
  ) async throws(HTTPError) {
    try await serve(address, handler, nil, ready: ready)
  }

  public func serve(
    _ address: String, _ handler: any HTTPHandler, exposing exposure: RPCExposure,
    ready: @Sendable (String) -> Void
  ) async throws(HTTPError) {
    try await serve(address, handler, exposure, ready: ready)
  }

  private func serve(
    _ address: String, _ handler: any HTTPHandler, _ exposure: RPCExposure?,
    ready: @Sendable (String) -> Void
  ) async throws(HTTPError) {
    guard let process = world.running else {
      preconditionFailure("an address is served by a task of a simulated process")
    }
    let number = newNumber()
    let bound = try bind(
      address, Listener(number: number, process: process, handler: handler, exposure: exposure))
    ready(bound)
    await world.exchange("network.serve", ifCancelled: ()) { _ in }
    let isBusy = state.withLock { state in
      state.listeners.update(bound) { $0.isAccepting = false }
      return state.open.values.contains { $0.listener == number }
    }
    if isBusy { await drain(bound, number) }
    state.withLock { state in
      if state.listeners[bound]?.number == number { state.listeners.removeValue(for: bound) }
    }
  }

  private func bind(_ address: String, _ listener: Listener) throws(HTTPError) -> String {
    guard let colon = address.lastIndex(of: ":"),
      let port = UInt16(address[address.index(after: colon)...])
    else { throw .malformed("\(address) is not host:port") }
    let bound: String? = state.withLock { state in
      var bound = address
      if port == 0 {
        state.nextPort += 1
        bound = "\(address[..<colon]):\(state.nextPort)"
      }
      if let other = state.listeners[bound], other.process.isAlive { return nil }
      state.listeners[bound] = listener
      return bound
    }
    guard let bound else { throw .unreachable("\(address) is in use") }
    return bound
  }

  /// Waits for what has begun. The task is cancelled already, which must not end this wait.
  private func drain(_ address: String, _ number: UInt64) async {
    await world.exchange("network.drain") { reply in
      let drained: Reply<Void>? = self.state.withLock { state in
        state.listeners.update(address) { $0.drained = reply }
        return FakeNetwork.drained(number, &state)
      }
      drained?.send(())
      self.world.schedule(after: self.limits.drainMax) { reply.send(()) }
    }
  }

  // MARK: Sending

  public func send(_ request: HTTPCall) async throws(HTTPError) -> HTTPAnswer {
    guard let target = HTTPTarget(request.url) else {
      throw .malformed("\(request.url) is not an http URL")
    }
    let timeout = Alarm()
    let pipe = BodyPipe(self)
    let result: HTTPResult = await world.exchange(
      "network.send", ifCancelled: .failure(.disconnected)
    ) { reply in
      timeout.set(
        self.world.schedule(after: request.timeout) { reply.send(.failure(.timedOut)) })
      let fate = self.drawFate()
      let travelling = Travelling(request: request, target: target, fate: fate, pipe: pipe)
      self.later { self.deliver(travelling, reply) }
    }
    timeout.cancel()
    if case .failure = result { later { pipe.abandon() } }
    return try result.get()
  }

  private struct Travelling: Sendable {
    var request: HTTPCall
    var target: HTTPTarget
    var fate: Fate
    /// Carries the body of the answer.
    var pipe: BodyPipe
  }

  private func deliver(_ travelling: Travelling, _ reply: Reply<HTTPResult>) {
    let address = travelling.target.address
    let found = state.withLock { $0.listeners[address] }
    guard let listener = found, listener.isAccepting, listener.process.isAlive,
      !travelling.fate.isRefused
    else {
      return later { reply.send(.failure(.unreachable("nobody serves \(address)"))) }
    }
    guard !isCut(from: reply.caller, to: listener.process) else { return }
    guard !travelling.fate.isRequestLost else {
      world.mark("network.request-lost")
      return lose(reply, travelling.fate)
    }
    let requestBody = BodyPipe(self)
    requestBody.fill(travelling.request.body)
    requestBody.connect(from: reply.caller, to: listener.process)
    travelling.pipe.connect(from: listener.process, to: reply.caller)
    let exchange = begin(
      Exchange(
        client: reply.caller, server: listener.process, listener: listener.number,
        clientDied: {
          requestBody.breakOff()
          travelling.pipe.abandon()
        },
        serverDied: {
          reply.send(.failure(.disconnected))
          travelling.pipe.breakOff()
        },
        healed: {
          requestBody.wakeReader()
          travelling.pipe.wakeReader()
        }))
    listener.process.spawn("http \(travelling.request.method) \(travelling.target.path)") {
      await self.handle(travelling, requestBody, listener, reply)
      self.end(exchange)
    }
  }

  private func handle(
    _ travelling: Travelling, _ body: BodyPipe, _ listener: Listener, _ reply: Reply<HTTPResult>
  ) async {
    let response = await listener.handler.respond(
      to: HTTPRequest(
        method: travelling.request.method, path: travelling.target.path,
        query: travelling.target.query, fields: travelling.request.fields,
        body: PipeReader(body, self, timeout: nil), peer: reply.caller.description))
    let pipe = travelling.pipe
    let isHead = travelling.request.method == "HEAD"
    answer(reply, travelling, response, from: listener.process)
    switch response.body {
    case .bytes(let bytes):
      pipe.fill(isHead ? [] : bytes)
    case .stream where isHead:
      pipe.fill([])
    case .stream(let write):
      do {
        try await write(PipeWriter(pipe: pipe))
        pipe.end()
      } catch {
        pipe.breakOff()
      }
    }
  }

  private func answer(
    _ reply: Reply<HTTPResult>, _ travelling: Travelling, _ response: HTTPResponse,
    from server: Incarnation
  ) {
    guard server.isAlive else { return }
    let answer = HTTPAnswer(
      status: response.status, fields: response.fields,
      body: PipeReader(travelling.pipe, self, timeout: travelling.request.timeout))
    later {
      if self.isCut(from: server, to: reply.caller) { return }
      guard !travelling.fate.isAnswerLost else {
        self.world.mark("network.answer-lost")
        return self.lose(reply, travelling.fate)
      }
      reply.send(.success(answer))
    }
  }

  private func lose(_ reply: Reply<HTTPResult>, _ fate: Fate) {
    guard fate.resets else { return }
    later { reply.send(.failure(.disconnected)) }
  }
}
