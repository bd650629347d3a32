internal import Domain
internal import Ports
internal import SystemAdapter

extension HTTP2Connection {
  /// Begins a call; nil when the connection takes no more.
  func beginCall(
    _ call: RPCCall, within: Duration, authority: String, _ limits: RPCLimits
  ) throws(RPCError) -> RPCClientExchange? {
    guard !isOver, drain == .none else { return nil }
    guard RPCFields.size(call.metadata) <= limits.metadataBytesMax else {
      throw RPCError(
        .resourceExhausted, "metadata of more than \(limits.metadataBytesMax) bytes")
    }
    let path = "/\(call.service)/\(call.method)"
    guard path.utf8.allSatisfy(\.isTarget) else {
      throw RPCError(.unimplemented, "no method is called so")
    }
    var fields = FieldArena()
    fields.append(":method", "POST".utf8)
    fields.append(":scheme", "http".utf8)
    fields.append(":path", path.utf8)
    fields.append(":authority", authority.utf8)
    fields.append("te", "trailers".utf8)
    fields.append("content-type", RPCFields.contentType.utf8)
    fields.append("grpc-timeout", RPCTimeout.text(within).utf8)
    for field in call.metadata.fields {
      guard RPCFields.isSendable(field) else {
        throw RPCError(.internal, "the metadata \(field.name) cannot be sent")
      }
      fields.append(field)
    }
    guard let id = session.request(fields) else { return nil }
    let stream = HTTP2Stream(id, on: loop)
    let state = RPCState(limits)
    stream.call = state
    begin(stream)
    limitAnswer(of: stream, state, to: within)
    signal()
    return RPCClientExchange(self, stream: id)
  }

  private func limitAnswer(of stream: HTTP2Stream, _ call: RPCState, to length: Duration) {
    let id = stream.id
    let timer = LoopTimer(on: loop) { [weak self] isDue in
      guard isDue else { return }
      let late = RPCError(.deadlineExceeded, "no answer within \(length)")
      self?.assumeIsolated { $0.endCall(id, as: late) }
    }
    call.deadline = timer
    timer.set(to: ProcessClock.uptime() + length)
  }

  /// Ends a call from our side.
  func endCall(_ id: Int32, as status: RPCError) {
    guard let stream = streams[id], let call = stream.call, !call.hasEnded else { return }
    call.end(status)
    if !stream.isClosed { session.reset(id, .cancel) }
    _ = stream.dropPieces()
    stream.wake()
    signal()
  }

  /// Nobody holds the call any more.
  func releaseCall(_ id: Int32) {
    endCall(id, as: RPCError(.cancelled, "the caller does not want the answer any more"))
    forget(id)
    signal()
  }

  func writeRequest(_ message: [UInt8], of id: Int32) async throws(RPCError) {
    guard let stream = streams[id], let call = stream.call, !call.hasFinished else {
      throw RPCError(.cancelled, "the call is over")
    }
    if let status = call.status { throw status }
    try await writeMessage(message, on: stream, call)
  }

  func finishRequests(of id: Int32) {
    guard let stream = streams[id], let call = stream.call, !call.hasFinished else { return }
    call.hasFinished = true
    session.finish(id)
    signal()
  }

  func nextAnswer(of id: Int32) async throws(RPCError) -> [UInt8]? {
    guard let stream = streams[id], let call = stream.call else {
      throw RPCError(.cancelled, "the call is over")
    }
    if call.hasEnded, call.status == nil { return nil }
    do throws(RPCError) {
      let message = try await nextMessage(of: stream, call)
      try checkHead(of: stream)
      if let message { return message }
      // A head that ends the stream has the status in it.
      let last = stream.trailers ?? stream.head
      if let error = RPCStatus.error(last?.fields ?? HTTPFields()) { throw error }
      call.end(nil)
      return nil
    } catch {
      // The connection may have told the status before it broke off, or is none of gRPC at all.
      let told = stream.trailers.flatMap { RPCStatus.error($0.fields) }
      let status = call.status ?? told ?? headFailure(of: stream) ?? error
      call.end(status)
      if !stream.isClosed, !stream.hasEnded { session.reset(id, .cancel) }
      signal()
      throw status
    }
  }

  private func checkHead(of stream: HTTP2Stream) throws(RPCError) {
    if let failure = headFailure(of: stream) { throw failure }
  }

  /// Why the head of an answer is none of a gRPC server.
  private func headFailure(of stream: HTTP2Stream) -> RPCError? {
    guard let head = stream.head else { return nil }
    guard head.refusal == nil else {
      return RPCError(.resourceExhausted, "the server's metadata is too large")
    }
    guard head.status == 200, RPCFields.isCall(head.fields) else {
      if head.fields["grpc-status"] != nil { return RPCStatus.error(head.fields) }
      return RPCStatus.error(httpStatus: head.status)
    }
    if let coding = head.fields["grpc-encoding"], coding != "identity" {
      return RPCError(.internal, "the server compresses, which was not asked for")
    }
    return nil
  }
}

/// A call to another process.
final class RPCClientExchange: RPCExchange {
  private let connection: HTTP2Connection
  private let stream: Int32

  init(_ connection: HTTP2Connection, stream: Int32) {
    self.connection = connection
    self.stream = stream
  }

  deinit {
    let (connection, stream) = (connection, stream)
    connection.loop.perform { connection.assumeIsolated { $0.releaseCall(stream) } }
  }

  func write(_ message: [UInt8]) async throws(RPCError) {
    try await connection.writeRequest(message, of: stream)
  }

  func finish() async {
    await connection.finishRequests(of: stream)
  }

  func next() async throws(RPCError) -> [UInt8]? {
    try await connection.nextAnswer(of: stream)
  }

  func cancel() {
    let (connection, stream) = (connection, stream)
    let cancelled = RPCError(.cancelled, "the call was cancelled")
    connection.loop.perform { connection.assumeIsolated { $0.endCall(stream, as: cancelled) } }
  }
}
