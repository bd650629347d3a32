internal import CNghttp2
internal import Domain
internal import Ports

/// One HTTP/2 connection without its socket: bytes of the peer in, events out; what we say in,
/// bytes out. It knows no clock and starts nothing.
///
/// Framing, compression, flow control and the state of streams are nghttp2's; what is counted here
/// is what nghttp2 leaves to its user: header lists, resets, and frames that carry nothing.
///
/// Confined to the loop of its connection.
final class HTTP2Session: @unchecked Sendable {
  enum Role: Hashable, Sendable {
    case server
    case client
  }

  let role: Role
  let limits: HTTP2Limits
  let fieldsMax: Int
  private(set) var library: OpaquePointer?

  private static let prefaceBytes = 24

  // What the callbacks touch.
  var now: Uptime
  var events: [HTTP2Event] = []
  var block = HeaderBlock()
  /// The newest stream whose head a server has seen.
  var lastHead: Int32 = 0
  var outgoing: [Int32: OutgoingBody] = [:]
  private var scanner: FrameScanner
  var idleFrames: RateBudget
  var resets: RateBudget
  /// Whether a PING is to follow the announcement of our end. The library would send it first.
  var asksBehindEnd = false
  /// Why the peer is not listened to any more.
  var failure: HTTP2Failure?

  init(
    _ role: Role, limits: HTTP2Limits, fieldsMax: Int, at now: Uptime
  ) throws(HTTP2Failure) {
    self.role = role
    self.limits = limits
    self.fieldsMax = fieldsMax
    self.now = now
    scanner = FrameScanner(skipping: role == .server ? HTTP2Session.prefaceBytes : 0)
    idleFrames = RateBudget(
      burst: limits.idleFramesBurst, perSecond: limits.idleFramesPerSecond)
    resets = RateBudget(burst: limits.resetsBurst, perSecond: limits.resetsPerSecond)
    library = HTTP2Session.make(role, limits, Unmanaged.passUnretained(self).toOpaque())
    guard library != nil else {
      throw HTTP2Failure(code: .internalError, reason: "no memory for a connection")
    }
    announce()
  }

  deinit {
    nghttp2_session_del(library)
  }

  private static func make(
    _ role: Role, _ limits: HTTP2Limits, _ user: UnsafeMutableRawPointer
  ) -> OpaquePointer? {
    var options: OpaquePointer?
    var callbacks: OpaquePointer?
    var session: OpaquePointer?
    guard nghttp2_option_new(&options) == 0 else { return nil }
    defer { nghttp2_option_del(options) }
    guard nghttp2_session_callbacks_new(&callbacks) == 0 else { return nil }
    defer { nghttp2_session_callbacks_del(callbacks) }
    // The window of a stream opens when its reader takes bytes, not when they arrive.
    nghttp2_option_set_no_auto_window_update(options, 1)
    nghttp2_option_set_no_closed_streams(options, 1)
    nghttp2_option_set_max_outbound_ack(options, limits.acknowledgementsQueuedMax)
    nghttp2_option_set_max_settings(options, limits.settingsMax)
    nghttp2_option_set_max_continuations(options, limits.continuationsMax)
    nghttp2_option_set_stream_reset_rate_limit(
      options, UInt64(max(0, limits.resetsBurst)), UInt64(max(0, limits.resetsPerSecond)))
    nghttp2_option_set_max_deflate_dynamic_table_size(options, limits.headerTableBytes)
    setCallbacks(callbacks)
    let code =
      switch role {
      case .server: nghttp2_session_server_new2(&session, callbacks, user, options)
      case .client: nghttp2_session_client_new2(&session, callbacks, user, options)
      }
    return code == 0 ? session : nil
  }

  private func announce() {
    var entries = [
      HTTP2Session.setting(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streamsMax),
      HTTP2Session.setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.streamWindowBytes),
      HTTP2Session.setting(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.headerListBytesMax),
      HTTP2Session.setting(NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, limits.headerTableBytes),
    ]
    switch role {
    case .server:
      // Priorities of RFC 7540 are ignored: a tree that peers can churn is of no use here.
      entries.append(HTTP2Session.setting(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1))
    case .client:
      entries[0] = HTTP2Session.setting(NGHTTP2_SETTINGS_ENABLE_PUSH, 0)
    }
    nghttp2_submit_settings(library, 0, entries, entries.count)
    nghttp2_session_set_local_window_size(
      library, 0, 0, Int32(clamping: limits.connectionWindowBytes))
  }

  private static func setting(
    _ id: nghttp2_settings_id, _ value: Int
  ) -> nghttp2_settings_entry {
    nghttp2_settings_entry(
      settings_id: Int32(truncatingIfNeeded: id.rawValue), value: UInt32(clamping: value))
  }

  // MARK: - Receiving

  /// Takes what the peer sent; what it means is in `takeEvents`.
  ///
  /// - Throws: when the connection is over. What we still have to say is in `takeOutput`.
  func receive(_ bytes: Span<UInt8>, at now: Uptime) throws(HTTP2Failure) {
    self.now = now
    if let failure { throw failure }
    scanner.scan(bytes) { count($0) }
    if let failure { throw failure }
    let taken = bytes.withUnsafeBufferPointer { buffer in
      nghttp2_session_mem_recv(library, buffer.baseAddress, buffer.count)
    }
    if let failure { throw failure }
    guard taken < 0 else { return }
    let failure = HTTP2Session.failure(Int32(clamping: taken))
    self.failure = failure
    throw failure
  }

  private static func failure(_ code: Int32) -> HTTP2Failure {
    let reason = String(cString: nghttp2_strerror(code))
    let floods = [
      NGHTTP2_ERR_FLOODED, NGHTTP2_ERR_TOO_MANY_CONTINUATIONS, NGHTTP2_ERR_TOO_MANY_SETTINGS,
    ]
    if floods.contains(where: { $0.rawValue == code }) {
      return HTTP2Failure(code: .enhanceYourCalm, reason: reason)
    }
    if code == NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue {
      return HTTP2Failure(code: .protocolError, reason: reason)
    }
    return HTTP2Failure(code: .internalError, reason: reason)
  }

  func takeEvents() -> [HTTP2Event] {
    guard !events.isEmpty else { return [] }
    defer { events.removeAll(keepingCapacity: true) }
    return events
  }

  /// Whether either side may still say something.
  var isOpen: Bool {
    nghttp2_session_want_read(library) != 0 || nghttp2_session_want_write(library) != 0
  }

  /// Whether there is something to send now.
  var hasOutput: Bool { nghttp2_session_want_write(library) != 0 }

  /// Whether the peer can still send on a stream.
  func isRemoteOpen(_ id: Int32) -> Bool {
    nghttp2_session_get_stream_remote_close(library, id) == 0
  }

  /// Says that a reader took so many bytes of a body, so that the peer may send as many more.
  func consumed(_ id: Int32, _ count: Int) {
    nghttp2_session_consume_stream(library, id, count)
  }
}
