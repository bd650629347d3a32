internal import Ports

/// Requests out of bytes: append what arrives, ask for what has become complete.
///
/// A value without clocks and sockets: the same bytes give the same events, however they are cut.
/// After a refusal the connection is useless, since nobody knows where the next request begins.
struct HTTPRequestParser: Sendable {
  enum Event: Hashable, Sendable {
    case head(HTTPRequestHead)
    case body([UInt8])
    /// The request is complete. The next event belongs to another one.
    case end
  }

  private var input = InputBuffer()
  private var head: HeadReader
  private var body: BodyDecoder?
  private var refusal: HTTPRefusal?

  init(_ limits: HeadLimits) {
    head = HeadReader(limits)
  }

  /// Whether nothing of another request has arrived.
  var isBetweenRequests: Bool { body == nil && input.isEmpty }

  /// What is left of the body of the current request; nil when only its end will tell.
  var bodyRemaining: Int? {
    guard let body else { return 0 }
    return body.remaining
  }

  mutating func append(_ bytes: Span<UInt8>) {
    input.append(bytes)
  }

  /// The next event; nil when more bytes must arrive.
  mutating func next() throws(HTTPRefusal) -> Event? {
    if let refusal { throw refusal }
    do throws(HTTPRefusal) {
      return body == nil ? try nextHead() : try nextPiece()
    } catch {
      refusal = error
      throw error
    }
  }

  private mutating func nextHead() throws(HTTPRefusal) -> Event? {
    let complete = try head.read(&input) { lines, bytes throws(HTTPRefusal) in
      try HTTPRequestHead(lines: lines, in: bytes)
    }
    guard let complete else { return nil }
    body = BodyDecoder(complete.framing ?? .length(0))
    return .head(complete)
  }

  private mutating func nextPiece() throws(HTTPRefusal) -> Event? {
    switch try body?.next(from: &input) {
    case .bytes(let bytes): return .body(bytes)
    case .end:
      body = nil
      return .end
    case nil: return nil
    }
  }
}
