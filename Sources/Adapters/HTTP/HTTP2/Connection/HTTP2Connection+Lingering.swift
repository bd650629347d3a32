internal import Domain
internal import SystemAdapter

/// What a client still sends behind an answer that is complete.
extension HTTP2Connection {
  func arrived(_ id: Int32, _ bytes: [UInt8]) {
    guard let stream = streams[id] else { return }
    guard stream.lingerUntil == nil else { return session.consumed(id, bytes.count) }
    stream.append(bytes)
  }

  /// Our side is complete: the rest of what the client sends is of no use (RFC 9113 §8.1). A client
  /// that is told so in the middle of its body may miss our answer, so the rest is dropped for a
  /// while before the stream is reset.
  func sentAll(_ id: Int32) {
    guard isServer, session.isRemoteOpen(id) else { return }
    guard let stream = streams[id] else { return session.reset(id, .none) }
    stream.lingerUntil = ProcessClock.uptime() + settings.lingerMax
    session.consumed(id, stream.dropPieces())
  }

  /// Has waited long enough for the ends of bodies that nobody reads.
  func resetLingering(at now: Uptime) {
    for (id, stream) in streams {
      guard let end = stream.lingerUntil, now >= end, !stream.isClosed else { continue }
      session.reset(id, .none)
      signal()
    }
  }
}
