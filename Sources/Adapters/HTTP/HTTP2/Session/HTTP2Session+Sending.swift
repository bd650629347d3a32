internal import CNghttp2
internal import Domain
internal import Ports

extension HTTP2Session {
  /// Begins an answer. `body` is the whole of it, or nil when it comes piece by piece.
  func respond(_ id: Int32, _ fields: FieldArena, body: [UInt8]?) {
    var outgoing = OutgoingBody(at: now)
    if let body {
      outgoing.append(body, at: now)
      outgoing.isEnded = true
    }
    guard body?.isEmpty != true else {
      _ = fields.withFields { nghttp2_submit_response(library, id, $0, $1, nil) }
      return
    }
    self.outgoing[id] = outgoing
    var provider = HTTP2Session.provider
    let code = fields.withFields { nghttp2_submit_response(library, id, $0, $1, &provider) }
    if code != 0 { self.outgoing[id] = nil }
  }

  /// Begins a request whose body comes piece by piece.
  ///
  /// - Returns: its stream; nil when the connection has no more.
  func request(_ fields: FieldArena) -> Int32? {
    var provider = HTTP2Session.provider
    let id = fields.withFields { nghttp2_submit_request(library, nil, $0, $1, &provider, nil) }
    guard id > 0 else { return nil }
    outgoing[id] = OutgoingBody(at: now)
    return id
  }

  /// Fields without an end, such as `100 Continue`.
  func interim(_ id: Int32, _ fields: FieldArena) {
    _ = fields.withFields { nghttp2_submit_headers(library, 0, id, nil, $0, $1, nil) }
  }

  func write(_ id: Int32, _ bytes: [UInt8], at now: Uptime) {
    self.now = now
    outgoing[id]?.append(bytes, at: now)
    resume(id)
  }

  /// Ends our side of a stream behind what is still to be sent, with trailers if there are any.
  func finish(_ id: Int32, trailers: HTTPFields? = nil) {
    outgoing[id]?.isEnded = true
    outgoing[id]?.trailers = trailers
    resume(id)
  }

  func reset(_ id: Int32, _ code: HTTP2Code) {
    nghttp2_submit_rst_stream(library, 0, id, code.rawValue)
  }

  /// What is to be sent on a stream and is not.
  func buffered(_ id: Int32) -> Int { outgoing[id]?.buffered ?? 0 }

  func movedAt(_ id: Int32) -> Uptime? {
    guard let body = outgoing[id], body.buffered > 0 else { return nil }
    return body.movedAt
  }

  func ping() { nghttp2_submit_ping(library, 0, nil) }

  /// Says that no more streams will be taken soon, without counting those on their way, and asks
  /// behind it whether the peer is there: its answer shows that it has heard.
  func announceEnd() {
    asksBehindEnd = true
    nghttp2_submit_shutdown_notice(library)
  }

  /// Says which streams were taken; later ones are ignored.
  func goAway(_ code: HTTP2Code) {
    nghttp2_submit_goaway(
      library, 0, nghttp2_session_get_last_proc_stream_id(library), code.rawValue, nil, 0)
  }

  /// The last word to a peer that is not listened to any more: GOAWAY, made by hand since the
  /// library says nothing more after its own failure.
  func lastWord(_ failure: HTTP2Failure) -> [UInt8] {
    let reason = Array(failure.reason.utf8.prefix(64))
    let last = UInt32(bitPattern: max(0, nghttp2_session_get_last_proc_stream_id(library)))
    var frame: [UInt8] = [0, 0, UInt8(8 + reason.count), 7, 0, 0, 0, 0, 0]
    for number in [last, failure.code.rawValue] {
      for shift in [24, 16, 8, 0] { frame.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
    return frame + reason
  }

  /// The next bytes for the peer: whole frames, at least one if there is any, and not much more
  /// than `countMax` bytes of them.
  func takeOutput(upTo countMax: Int, at now: Uptime) -> [UInt8] {
    self.now = now
    var output: [UInt8] = []
    while output.count < countMax {
      var bytes: UnsafePointer<UInt8>?
      let count = nghttp2_session_mem_send(library, &bytes)
      guard count > 0 else {
        if count < 0, failure == nil {
          failure = HTTP2Failure(code: .internalError, reason: "nothing more can be sent")
        }
        break
      }
      output.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
    }
    return output
  }

  private func resume(_ id: Int32) {
    guard outgoing[id]?.isDeferred == true else { return }
    outgoing[id]?.isDeferred = false
    nghttp2_session_resume_data(library, id)
  }

  // MARK: - Bodies

  private static var provider: nghttp2_data_provider {
    var provider = nghttp2_data_provider()
    provider.read_callback = { _, id, target, count, flags, _, user in
      guard let user, let target, let flags else { return 0 }
      let session = Unmanaged<HTTP2Session>.fromOpaque(user).takeUnretainedValue()
      return session.read(id, UnsafeMutableBufferPointer(start: target, count: count), flags)
    }
    return provider
  }

  private func read(
    _ id: Int32, _ target: UnsafeMutableBufferPointer<UInt8>, _ flags: UnsafeMutablePointer<UInt32>
  ) -> Int {
    guard var body = outgoing[id] else {
      return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
    }
    // The pieces must have one owner while they are changed.
    outgoing[id] = nil
    defer { outgoing[id] = body }
    let wasFull = body.buffered > limits.streamBufferBytesMax
    let count = body.read(into: target, at: now)
    if wasFull, body.buffered <= limits.streamBufferBytesMax { events.append(.room(id)) }
    guard body.buffered == 0 else { return count }
    guard body.isEnded else {
      if count > 0 { return count }
      body.isDeferred = true
      return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    }
    flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
    if let trailers = body.trailers {
      flags.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
      var fields = FieldArena()
      fields.append(trailers)
      _ = fields.withFields { nghttp2_submit_trailer(library, id, $0, $1) }
    }
    return count
  }
}
