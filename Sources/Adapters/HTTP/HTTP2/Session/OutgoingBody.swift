internal import Domain
internal import Ports

/// What is still to be sent on one stream.
struct OutgoingBody {
  private var pieces: [[UInt8]] = []
  /// The first piece that is not sent, and how much of it is.
  private var next = 0
  private var offset = 0
  private(set) var buffered = 0
  /// When the peer last took something, or there was nothing to take.
  var movedAt: Uptime
  var isEnded = false
  /// Fields that end the stream behind its body.
  var trailers: HTTPFields?
  /// Whether the library waits to be told of more.
  var isDeferred = false

  init(at now: Uptime) {
    movedAt = now
  }

  mutating func append(_ bytes: [UInt8], at now: Uptime) {
    guard !bytes.isEmpty else { return }
    if buffered == 0 { movedAt = now }
    pieces.append(bytes)
    buffered += bytes.count
  }

  /// Moves as much as fits.
  mutating func read(into target: UnsafeMutableBufferPointer<UInt8>, at now: Uptime) -> Int {
    var filled = 0
    while filled < target.count, next < pieces.count {
      let piece = pieces[next]
      let count = min(piece.count - offset, target.count - filled)
      piece.withUnsafeBufferPointer { source in
        let slice = UnsafeBufferPointer(rebasing: source[offset..<offset + count])
        let room = UnsafeMutableBufferPointer(rebasing: target[filled..<filled + count])
        _ = room.update(from: slice)
      }
      filled += count
      offset += count
      if offset == piece.count {
        pieces[next] = []
        next += 1
        offset = 0
      }
    }
    if next == pieces.count {
      pieces.removeAll(keepingCapacity: true)
      next = 0
    } else if next >= 64 {
      pieces.removeFirst(next)
      next = 0
    }
    buffered -= filled
    if filled > 0 { movedAt = now }
    return filled
  }
}
