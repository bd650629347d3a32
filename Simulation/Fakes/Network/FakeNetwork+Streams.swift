internal import Domain
public import Ports
internal import SimulationKit
internal import Synchronization

/// Calls with messages both ways: to any live process that serves the name, or at an address.
extension FakeNetwork {
  typealias OpenResult = Result<any RPCExchange, RPCError>

  public func open(_ call: RPCCall) async throws(RPCError) -> any RPCExchange {
    let deadline = Alarm()
    let conversation = Conversation(self)
    let result: OpenResult = await world.exchange(
      "network.open", ifCancelled: .failure(RPCError(.cancelled, "the caller was cancelled"))
    ) { reply in
      deadline.set(
        self.world.schedule(after: call.within) {
          let late = RPCError(
            .deadlineExceeded, "no answer from \(call.service) within \(call.within)")
          reply.send(.failure(late))
          conversation.end(late)
        })
      let fate = self.drawFate()
      self.later { self.deliver(call, fate, conversation, deadline, reply) }
    }
    if case .failure(let error) = result {
      deadline.cancel()
      conversation.end(error)
    }
    return try result.get()
  }

  private func deliver(
    _ call: RPCCall, _ fate: Fate, _ conversation: Conversation, _ deadline: Alarm,
    _ reply: Reply<OpenResult>
  ) {
    guard !fate.isRefused, let server = server(for: call) else {
      return later {
        reply.send(
          .failure(RPCError(.unavailable, "no connection to \(call.service) was made")))
      }
    }
    if isCut(from: reply.caller, to: server.process) { return }
    conversation.connect(client: reply.caller, server: server.process)
    guard !fate.isRequestLost else {
      world.mark("network.request-lost")
      if fate.resets { later { conversation.end(FakeNetwork.reset) } }
      return later { reply.send(.success(FakeExchange(conversation, deadline))) }
    }
    let exchange = begin(
      Exchange(
        client: reply.caller, server: server.process, listener: server.listener,
        clientDied: { conversation.end(RPCError(.cancelled, "the caller has gone")) },
        serverDied: { conversation.end(FakeNetwork.reset) },
        healed: { conversation.wake() }))
    let request = RPCRequest(
      service: call.service, method: call.method, metadata: call.metadata, within: call.within,
      peer: reply.caller.description, messages: ConversationSource(conversation))
    let task = server.process.spawn("rpc \(call.service).\(call.method)") {
      var status: RPCError?
      do throws(RPCError) {
        try await server.answer(request, ConversationSink(conversation))
      } catch {
        status = error
      }
      self.end(exchange)
      guard server.process.isAlive else { return }
      if fate.isAnswerLost {
        self.world.mark("network.answer-lost")
        if fate.resets { self.later { conversation.end(FakeNetwork.reset) } }
      } else {
        conversation.finishAnswers(status)
      }
    }
    conversation.handling.began(task)
    later { reply.send(.success(FakeExchange(conversation, deadline))) }
  }

  private static let reset = RPCError(.unavailable, "the connection was reset")

  private struct Answering: Sendable {
    var process: Incarnation
    var listener: UInt64?
    var answer: @Sendable (RPCRequest, any RPCSink) async throws(RPCError) -> Void
  }

  /// Who answers; nil when nobody is reached.
  private func server(for call: RPCCall) -> Answering? {
    let (listener, servers) = state.withLock { state in
      (
        call.address.flatMap { state.listeners[$0] },
        (state.services[call.service] ?? []).filter { $0.process.isAlive }
      )
    }
    guard call.address != nil else {
      guard !servers.isEmpty else { return nil }
      let server = servers[chance.below(servers.count)]
      return Answering(process: server.process, listener: nil) { request, sink throws(RPCError) in
        try await server.handler.answer(request, to: sink)
      }
    }
    guard let listener, listener.isAccepting, listener.process.isAlive else { return nil }
    let own = servers.filter { $0.process === listener.process }
    return Answering(process: listener.process, listener: listener.number) {
      request, sink throws(RPCError) in
      guard let exposure = listener.exposure else {
        throw RPCError(.unimplemented, "no remote calls are answered here")
      }
      try await exposure.admits.admit(request)
      guard exposure.services.contains(request.service) else {
        throw RPCError(.unimplemented, "there is no service \(request.service) here")
      }
      guard let server = own.first else {
        throw RPCError(.unavailable, "nobody serves \(request.service) now")
      }
      try await server.handler.answer(request, to: sink)
    }
  }
}

/// Both directions of one call. A message is one piece behind a byte, so that it may be empty.
final class Conversation: Sendable {
  private struct State {
    /// What the caller gets to see instead of an end, once it is known.
    var status: RPCError?
    /// Whether nothing more counts.
    var isOver = false
  }

  let handling = Handling()
  private let network: FakeNetwork
  private let requests: BodyPipe
  private let answers: BodyPipe
  private let state = Mutex(State())

  init(_ network: FakeNetwork) {
    self.network = network
    requests = BodyPipe(network, keepsPieces: true)
    answers = BodyPipe(network, keepsPieces: true)
  }

  var status: RPCError? { state.withLock { $0.status } }

  func connect(client: Incarnation, server: Incarnation) {
    requests.connect(from: client, to: server)
    answers.connect(from: server, to: client)
  }

  /// Ends everything at once.
  func end(_ status: RPCError) {
    let isNew = state.withLock { state in
      defer { state.isOver = true }
      if !state.isOver, state.status == nil { state.status = status }
      return !state.isOver
    }
    guard isNew else { return }
    handling.cancel()
    requests.breakOff()
    answers.abandon()
    answers.breakOff()
  }

  /// Nobody holds the caller's end any more: the other end learns it like everything else.
  func letGo() {
    guard !state.withLock({ $0.isOver }) else { return }
    network.later { [self] in
      end(RPCError(.cancelled, "the caller does not want the answer any more"))
    }
  }

  /// The handler has ended; what it wrote can still be read.
  func finishAnswers(_ status: RPCError?) {
    state.withLock { state in
      if state.status == nil { state.status = status }
    }
    answers.end()
    requests.abandon()
  }

  func finishRequests() { requests.end() }

  func wake() {
    requests.wakeReader()
    answers.wakeReader()
  }

  func writeRequest(_ message: [UInt8]) async throws(RPCError) {
    try await write(message, to: requests)
  }

  func writeAnswer(_ message: [UInt8]) async throws(RPCError) {
    try await write(message, to: answers)
  }

  func nextRequest() async throws(RPCError) -> [UInt8]? {
    do throws(HTTPError) {
      return try await requests.next(within: nil).map { Array($0.dropFirst()) }
    } catch {
      throw status ?? RPCError(.cancelled, "the call is over")
    }
  }

  func nextAnswer() async throws(RPCError) -> [UInt8]? {
    do throws(HTTPError) {
      if let piece = try await answers.next(within: nil) { return Array(piece.dropFirst()) }
    } catch {
      throw status ?? RPCError(.cancelled, "the call is over")
    }
    if let status { throw status }
    return nil
  }

  private func write(_ message: [UInt8], to pipe: BodyPipe) async throws(RPCError) {
    do throws(HTTPError) {
      try await pipe.write([0] + message)
    } catch {
      throw status ?? RPCError(.cancelled, "the call is over")
    }
  }
}

private struct ConversationSource: RPCSource {
  let conversation: Conversation

  init(_ conversation: Conversation) { self.conversation = conversation }

  func next() async throws(RPCError) -> [UInt8]? { try await conversation.nextRequest() }
}

private struct ConversationSink: RPCSink {
  let conversation: Conversation

  init(_ conversation: Conversation) { self.conversation = conversation }

  func write(_ message: [UInt8]) async throws(RPCError) {
    try await conversation.writeAnswer(message)
  }
}

/// The caller's end of a call.
private final class FakeExchange: RPCExchange {
  private let conversation: Conversation
  private let deadline: Alarm

  init(_ conversation: Conversation, _ deadline: Alarm) {
    self.conversation = conversation
    self.deadline = deadline
  }

  deinit {
    deadline.cancel()
    conversation.letGo()
  }

  func write(_ message: [UInt8]) async throws(RPCError) {
    try await conversation.writeRequest(message)
  }

  func finish() async { conversation.finishRequests() }

  func next() async throws(RPCError) -> [UInt8]? {
    let message = try await conversation.nextAnswer()
    if message == nil { deadline.cancel() }
    return message
  }

  func cancel() {
    deadline.cancel()
    conversation.end(RPCError(.cancelled, "the caller does not want the answer any more"))
  }
}
