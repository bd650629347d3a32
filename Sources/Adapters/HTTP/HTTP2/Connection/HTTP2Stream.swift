internal import Domain
internal import Ports
internal import SystemAdapter

/// One stream of a connection, as its reader and writer see it. Confined to the loop.
final class HTTP2Stream {
  let id: Int32
  let reading: SocketSide
  let writing: SocketSide

  /// The head of the answer, on clients.
  var head: HeaderBlock?
  var trailers: HeaderBlock?
  private var pieces: [[UInt8]] = []
  private var next = 0
  /// Whether the peer's side has ended properly.
  var hasEnded = false
  /// Why no more will come.
  var failure: HTTPError?
  /// Why the stream was reset, if it was.
  var code: HTTP2Code?
  /// Whether the library has forgotten the stream.
  var isClosed = false
  var isReading = false
  var isWriting = false
  /// Until when what still comes is dropped, once the answer is complete.
  var lingerUntil: Uptime?

  /// The body's limit, and what its reader was given.
  var bytesMax = 0
  var received = 0
  var announced: Int?
  var mustContinue = false
  /// How long the reader has waited for bytes: only the peer's silence counts, not ours.
  var waited = Duration.zero

  /// What answers the request, on servers.
  var task: Task<Void, Never>?
  var isStreaming = false
  /// How long the answer is to be, if its head says so, and how long it has become.
  var answerLength: Int?
  var sent = 0
  /// What belongs to a remote call.
  var call: RPCState?

  init(_ id: Int32, on loop: EventLoop) {
    self.id = id
    reading = SocketSide(on: loop, isReady: false)
    writing = SocketSide(on: loop, isReady: false)
  }

  var hasPiece: Bool { next < pieces.count }

  /// Small pieces are put together: a peer that sends byte by byte must not cost us an array each.
  func append(_ bytes: [UInt8]) {
    if next < pieces.count, pieces[pieces.count - 1].count + bytes.count <= HTTP2Stream.joinedMax {
      pieces[pieces.count - 1] += bytes
    } else {
      pieces.append(bytes)
    }
    reading.becomeReady()
  }

  private static let joinedMax = 16_384

  func takePiece() -> [UInt8]? {
    guard next < pieces.count else { return nil }
    let piece = pieces[next]
    next += 1
    if next == pieces.count {
      pieces.removeAll(keepingCapacity: true)
      next = 0
    }
    return piece
  }

  /// Drops what nobody has taken and nobody will.
  ///
  /// - Returns: how many bytes that was.
  func dropPieces() -> Int {
    defer {
      pieces = []
      next = 0
    }
    return pieces[next...].reduce(0) { $0 + $1.count }
  }

  /// Nobody reads or writes any more.
  func close() {
    _ = dropPieces()
    reading.close()
    writing.close()
  }

  /// Wakes who waits: there is nothing more to wait for.
  func wake() {
    reading.becomeReady()
    writing.becomeReady()
  }
}
