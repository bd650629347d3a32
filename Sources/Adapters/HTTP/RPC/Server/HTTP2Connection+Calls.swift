internal import Domain
internal import Ports
internal import SystemAdapter

extension HTTP2Connection {
  /// Ends a call at its deadline, whatever its handler is doing.
  func limit(_ stream: HTTP2Stream, to length: Duration) {
    let id = stream.id
    let timer = LoopTimer(on: loop) { [weak self] isDue in
      guard isDue else { return }
      self?.assumeIsolated { $0.expire(id) }
    }
    stream.call?.deadline = timer
    timer.set(to: ProcessClock.uptime() + length)
  }

  private func expire(_ id: Int32) {
    guard let stream = streams[id] else { return }
    endCall(stream, RPCError(.deadlineExceeded, "the deadline has passed"))
    stream.task?.cancel()
    stream.wake()
  }

  // MARK: - Messages

  /// The next message of the other side; nil when its stream has ended.
  func nextMessage(
    of stream: HTTP2Stream, _ call: RPCState
  ) async throws(RPCError) -> [UInt8]? {
    while true {
      if let status = call.status { throw status }
      if let message = try call.reader.next() { return message }
      let piece: [UInt8]?
      do throws(HTTPError) {
        piece = try await take(from: stream, isPaced: false)
      } catch {
        throw call.status ?? broken(stream, error)
      }
      if let status = call.status { throw status }
      guard let piece else {
        guard !call.reader.isCutOff else {
          throw RPCError(.internal, "the stream of the call ended within a message")
        }
        return nil
      }
      call.reader.append(piece)
    }
  }

  /// What a stream that broke off means to a call.
  func broken(_ stream: HTTP2Stream, _ error: HTTPError) -> RPCError {
    if case .malformed(let why) = error { return RPCError(.internal, why) }
    if Task.isCancelled, isServer || !stream.isClosed {
      return RPCError(.cancelled, "the call was cancelled")
    }
    if let code = stream.code { return RPCStatus.error(code) }
    return RPCError(.unavailable, "the connection was lost")
  }

  func writeMessage(
    _ message: [UInt8], on stream: HTTP2Stream, _ call: RPCState
  ) async throws(RPCError) {
    guard message.count <= call.limits.messageBytesMax else {
      throw RPCError(
        .resourceExhausted,
        "a message of \(message.count) bytes; at most \(call.limits.messageBytesMax) are sent")
    }
    do throws(HTTPError) {
      try await write(RPCMessageReader.frame(message), on: stream)
    } catch {
      throw call.status ?? broken(stream, error)
    }
  }

  // MARK: - Servers

  func nextRequest(of id: Int32) async throws(RPCError) -> [UInt8]? {
    guard let stream = streams[id], let call = stream.call else {
      throw RPCError(.cancelled, "the call is over")
    }
    do throws(RPCError) {
      return try await nextMessage(of: stream, call)
    } catch {
      call.status = error
      throw error
    }
  }

  func writeReply(_ message: [UInt8], of id: Int32) async throws(RPCError) {
    guard let stream = streams[id], let call = stream.call, !call.hasEnded else {
      throw streams[id]?.call?.status ?? RPCError(.cancelled, "the call is over")
    }
    if !call.hasBegun {
      call.hasBegun = true
      var fields = FieldArena()
      fields.append(":status", "200".utf8)
      fields.append("content-type", RPCFields.contentType.utf8)
      session.respond(id, fields, body: nil)
    }
    try await writeMessage(message, on: stream, call)
  }

  func endCall(_ id: Int32, _ error: RPCError?) {
    guard let stream = streams[id] else { return }
    endCall(stream, error)
  }

  /// Sends the status behind everything that was written.
  func endCall(_ stream: HTTP2Stream, _ error: RPCError?) {
    guard let call = stream.call, !call.hasEnded else { return }
    call.end(error ?? RPCError(.cancelled, "the call is over"))
    guard !stream.isClosed else { return }
    let status = RPCStatus.fields(error)
    if call.hasBegun {
      session.finish(stream.id, trailers: status)
    } else {
      var fields = FieldArena()
      fields.append(":status", "200".utf8)
      fields.append("content-type", RPCFields.contentType.utf8)
      if error?.code == .unimplemented { fields.append("grpc-accept-encoding", "identity".utf8) }
      fields.append(status)
      session.respond(stream.id, fields, body: [])
    }
    signal()
  }
}
