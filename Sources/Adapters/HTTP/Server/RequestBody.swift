internal import Domain
internal import Ports
internal import SystemAdapter

/// How far the body of the current request has been read.
struct BodyProgress {
  var bytesMax = 0
  var received = 0
  var announced: Int?
  var mustContinue = false
  var hasEnded = true
  var failure: HTTPError?
  var isReading = false
  /// How long handlers have waited for bytes: only the client's silence counts, not ours.
  var waited = Duration.zero

  init() {}

  init(_ head: HTTPRequestHead, bytesMax: Int) {
    self.bytesMax = bytesMax
    mustContinue = head.expectsContinue && head.framing != nil
    hasEnded = false
    switch head.framing {
    case .length(let length): announced = length
    case .chunked, .untilClosed: announced = nil
    case nil: announced = 0
    }
  }
}

/// The body of one request, as its handler sees it.
struct RequestBody: HTTPBodySource {
  let connection: HTTPServerConnection
  let exchange: Int

  func next() async throws(HTTPError) -> [UInt8]? {
    try await connection.nextPiece(of: exchange)
  }

  func allow(upTo bytesMax: Int) async {
    await connection.allow(bytesMax, of: exchange)
  }
}

extension HTTPServerConnection {
  private static let goOn = [UInt8]("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  func allow(_ bytesMax: Int, of exchange: Int) {
    if exchange == self.exchange { body.bytesMax = bytesMax }
  }

  func nextPiece(of exchange: Int) async throws(HTTPError) -> [UInt8]? {
    guard exchange == self.exchange, let channel else { throw .disconnected }
    guard !body.isReading else { throw .malformed("a body that two tasks read") }
    if let failure = body.failure { throw failure }
    if body.hasEnded { return nil }
    body.isReading = true
    defer { if exchange == self.exchange { body.isReading = false } }
    do throws(HTTPError) {
      let piece = try await readPiece(of: exchange, on: channel)
      if piece == nil { body.hasEnded = true }
      return piece
    } catch {
      if exchange == self.exchange { body.failure = error }
      throw error
    }
  }

  private func readPiece(
    of exchange: Int, on channel: SocketChannel
  ) async throws(HTTPError) -> [UInt8]? {
    if let announced = body.announced, announced > body.bytesMax { throw .tooLarge }
    while true {
      switch try nextEvent() {
      case .body(let bytes):
        body.received += bytes.count
        guard body.received <= body.bytesMax else { throw .tooLarge }
        return bytes
      case .end, .head:
        return nil
      case nil:
        break
      }
      if body.mustContinue {
        body.mustContinue = false
        try await channel.write(HTTPServerConnection.goOn, stallMax: limits.writeStallMax)
      }
      try await readMore(on: channel)
      guard exchange == self.exchange else { throw .disconnected }
    }
  }

  private func nextEvent() throws(HTTPError) -> HTTPRequestParser.Event? {
    do throws(HTTPRefusal) {
      return try parser.next()
    } catch {
      throw .malformed(error.detail)
    }
  }

  /// Waits for bytes no longer than the slowest client allowed would need.
  private func readMore(on channel: SocketChannel) async throws(HTTPError) {
    let earned = Duration.seconds(1) * body.received / max(1, limits.bodyBytesPerSecondMin)
    let begin = ProcessClock.uptime()
    let deadline = begin + (limits.bodyGrace + earned - body.waited)
    let more = try await channel.read(until: deadline) { parser.append($0) }
    body.waited += ProcessClock.uptime() - begin
    guard more else { throw .disconnected }
  }

  /// Whether what the handler left of the body is little enough to be read and dropped.
  func canSkipRest() -> Bool {
    if body.hasEnded { return true }
    guard body.failure == nil, !body.isReading else { return false }
    // A client that waits for our word may send the body or not: nobody knows what comes next.
    if body.mustContinue { return body.announced == 0 }
    guard let remaining = parser.bodyRemaining else { return true }
    return remaining <= limits.unreadBodyBytesMax
  }

  /// Reads and drops the rest of the body; false when it is too much.
  func skipRest(on channel: SocketChannel) async -> Bool {
    var skipped = 0
    while !body.hasEnded {
      do throws(HTTPError) {
        switch try nextEvent() {
        case .body(let bytes):
          skipped += bytes.count
          body.received += bytes.count
          guard skipped <= limits.unreadBodyBytesMax else { return false }
        case .end, .head:
          body.hasEnded = true
        case nil:
          try await readMore(on: channel)
        }
      } catch {
        return false
      }
    }
    return true
  }
}
