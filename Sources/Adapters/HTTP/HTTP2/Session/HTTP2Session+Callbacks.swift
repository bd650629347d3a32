internal import CNghttp2
internal import Ports

extension HTTP2Session {
  private static func of(_ user: UnsafeMutableRawPointer?) -> HTTP2Session? {
    user.map { Unmanaged<HTTP2Session>.fromOpaque($0).takeUnretainedValue() }
  }

  static func setCallbacks(_ callbacks: OpaquePointer?) {
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, _, user in
      HTTP2Session.of(user)?.block = HeaderBlock()
      return 0
    }
    nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      _, _, name, nameCount, value, valueCount, _, user in
      guard let session = HTTP2Session.of(user) else { return 0 }
      return session.header(
        UnsafeBufferPointer(start: name, count: nameCount),
        UnsafeBufferPointer(start: value, count: valueCount))
    }
    nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks) {
      _, _, _, _, _, _, _, _ in
      // The library would drop the field and go on; others might read it.
      NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
    }
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
      library, _, id, bytes, count, user in
      // What has arrived is bounded by the windows of the streams: one slow reader must not hold
      // up the others of its connection.
      nghttp2_session_consume_connection(library, count)
      guard count > 0, let session = HTTP2Session.of(user) else { return 0 }
      session.events.append(.data(id, Array(UnsafeBufferPointer(start: bytes, count: count))))
      return 0
    }
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, user in
      if let frame, let session = HTTP2Session.of(user) { session.received(frame) }
      return 0
    }
    setSendingCallbacks(callbacks)
  }

  private static func setSendingCallbacks(_ callbacks: OpaquePointer?) {
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, id, code, user in
      HTTP2Session.of(user)?.closed(id, HTTP2Code(code))
      return 0
    }
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, user in
      guard let head = frame?.pointee.hd, let session = HTTP2Session.of(user) else { return 0 }
      session.sent(head)
      return 0
    }
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks) { _, frame, _, user in
      // A request that the peer does not take any more; answers of closed streams are told of by
      // their closing.
      if let head = frame?.pointee.hd, let session = HTTP2Session.of(user),
        session.role == .client, HTTP2Session.isHeaders(head)
      {
        session.closed(head.stream_id, .refusedStream)
      }
      return 0
    }
  }

  static func isHeaders(_ head: nghttp2_frame_hd) -> Bool {
    UInt32(head.type) == NGHTTP2_HEADERS.rawValue
  }

  static func isData(_ head: nghttp2_frame_hd) -> Bool {
    UInt32(head.type) == NGHTTP2_DATA.rawValue
  }

  static func endsStream(_ head: nghttp2_frame_hd) -> Bool {
    UInt32(head.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
  }

  // MARK: - Frames of the peer

  /// Counts frames that cost us something and carry nothing; false when there are too many.
  func count(_ head: FrameScanner.Head) -> Bool {
    switch UInt32(head.kind) {
    case NGHTTP2_HEADERS.rawValue:
      idleFrames.earn(5)
      return true
    case NGHTTP2_DATA.rawValue
    where head.length > 0 || UInt32(head.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0:
      return true
    case NGHTTP2_CONTINUATION.rawValue, NGHTTP2_RST_STREAM.rawValue:
      // Each has a limit of its own.
      return true
    default:
      if idleFrames.spend(at: now) { return true }
      _ = fail("too many frames that carry nothing")
      return false
    }
  }

  private func fail(_ reason: String) -> Int32 {
    failure = HTTP2Failure(code: .enhanceYourCalm, reason: reason)
    return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
  }

  private func header(
    _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
  ) -> Int32 {
    block.append(
      name: name, value: value, bytesMax: limits.headerListBytesMax, countMax: fieldsMax)
    // A list that goes on and on after it was refused is an attempt to keep us busy.
    if block.bytes > 8 * limits.headerListBytesMax {
      return fail("a header list without end")
    }
    return 0
  }

  private func received(_ frame: UnsafePointer<nghttp2_frame>) {
    let head = frame.pointee.hd
    let id = head.stream_id
    switch UInt32(head.type) {
    case NGHTTP2_HEADERS.rawValue:
      receivedHeaders(id, isEnd: HTTP2Session.endsStream(head))
    case NGHTTP2_DATA.rawValue:
      if HTTP2Session.endsStream(head) { events.append(.end(id)) }
    case NGHTTP2_PING.rawValue:
      if UInt32(head.flags) & NGHTTP2_FLAG_ACK.rawValue != 0 { events.append(.pingAnswered) }
    case NGHTTP2_GOAWAY.rawValue:
      events.append(.goAway)
    default:
      break
    }
  }

  private func receivedHeaders(_ id: Int32, isEnd: Bool) {
    switch role {
    case .server:
      guard id > lastHead else { return events.append(.trailers(id, block)) }
      lastHead = id
      events.append(.head(id, block, isEnd: isEnd))
    case .client:
      // An interim answer says nothing that we wait for.
      if (1..<200).contains(block.status) { return }
      let isHead = block.status > 0
      events.append(isHead ? .head(id, block, isEnd: isEnd) : .trailers(id, block))
    }
  }

  private func closed(_ id: Int32, _ code: HTTP2Code) {
    outgoing[id] = nil
    events.append(.closed(id, code))
    if role == .server, code != .none, !resets.spend(at: now) {
      failure = HTTP2Failure(code: .enhanceYourCalm, reason: "too many streams end in a reset")
    }
  }

  // MARK: - Frames of ours

  private func sent(_ head: nghttp2_frame_hd) {
    if HTTP2Session.isData(head) { idleFrames.earn(10) }
    if UInt32(head.type) == NGHTTP2_GOAWAY.rawValue, asksBehindEnd {
      asksBehindEnd = false
      ping()
    }
    guard HTTP2Session.isData(head) || HTTP2Session.isHeaders(head),
      HTTP2Session.endsStream(head)
    else { return }
    outgoing[head.stream_id] = nil
    events.append(.sentAll(head.stream_id))
  }
}
