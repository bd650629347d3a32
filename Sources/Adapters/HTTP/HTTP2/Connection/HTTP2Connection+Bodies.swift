internal import Domain
internal import Ports
internal import SystemAdapter

extension HTTP2Connection {
  func allow(_ bytesMax: Int, of id: Int32) {
    streams[id]?.bytesMax = bytesMax
  }

  // MARK: - Reading

  /// The next piece of a body whose sender must keep up a minimum rate.
  func nextPiece(of id: Int32) async throws(HTTPError) -> [UInt8]? {
    guard let stream = streams[id] else { throw .disconnected }
    if let failure = stream.failure { throw failure }
    guard !stream.isReading else { throw .malformed("a body that two tasks read") }
    do throws(HTTPError) {
      if let announced = stream.announced, announced > stream.bytesMax { throw .tooLarge }
      guard let piece = try await take(from: stream, isPaced: true) else { return nil }
      guard stream.received <= stream.bytesMax else { throw .tooLarge }
      return piece
    } catch {
      stream.failure = error
      throw error
    }
  }

  /// The next bytes of a stream; nil at its proper end. One task at a time asks.
  func take(from stream: HTTP2Stream, isPaced: Bool) async throws(HTTPError) -> [UInt8]? {
    guard !stream.isReading else { throw .malformed("a body that two tasks read") }
    stream.isReading = true
    defer { stream.isReading = false }
    while true {
      if let piece = stream.takePiece() {
        stream.received += piece.count
        if !stream.isClosed {
          session.consumed(stream.id, piece.count)
          signal()
        }
        return piece
      }
      if stream.hasEnded { return nil }
      if let failure = stream.failure { throw failure }
      guard !stream.isClosed else { throw .disconnected }
      if stream.mustContinue { sendContinue(stream) }
      try await wait(for: stream, isPaced: isPaced)
    }
  }

  private func sendContinue(_ stream: HTTP2Stream) {
    stream.mustContinue = false
    var fields = FieldArena()
    fields.append(":status", "100".utf8)
    session.interim(stream.id, fields)
    signal()
  }

  /// Waits for bytes no longer than the slowest client allowed would need.
  private func wait(for stream: HTTP2Stream, isPaced: Bool) async throws(HTTPError) {
    let begin = ProcessClock.uptime()
    let earned = Duration.seconds(1) * stream.received / max(1, settings.bodyBytesPerSecondMin)
    let deadline = begin + (settings.bodyGrace + earned - stream.waited)
    stream.reading.isReady = false
    let wake = await stream.reading.wait(until: isPaced ? deadline : .distantFuture)
    stream.waited += ProcessClock.uptime() - begin
    switch wake {
    case .ready: return
    case .timedOut: throw .timedOut
    case .cancelled, .closed: throw .disconnected
    }
  }

  // MARK: - Writing

  /// Returns when there is room for more.
  func write(_ bytes: [UInt8], on stream: HTTP2Stream) async throws(HTTPError) {
    guard !bytes.isEmpty else { return }
    if stream.isClosed || isOver { throw stream.failure ?? .disconnected }
    guard !stream.isWriting else { throw .malformed("a body that two tasks write") }
    session.write(stream.id, bytes, at: ProcessClock.uptime())
    signal()
    stream.isWriting = true
    defer { stream.isWriting = false }
    while session.buffered(stream.id) > session.limits.streamBufferBytesMax {
      stream.writing.isReady = false
      // Whether the peer takes anything at all is what the clock of the connection looks at.
      switch await stream.writing.wait(until: .distantFuture) {
      case .ready: if stream.isClosed { throw stream.failure ?? .disconnected }
      case .timedOut, .cancelled, .closed: throw .disconnected
      }
      if let failure = stream.failure, failure == .timedOut { throw failure }
    }
  }
}
