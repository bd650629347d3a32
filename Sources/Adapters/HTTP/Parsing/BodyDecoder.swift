/// Where a body ends.
enum BodyFraming: Hashable, Sendable {
  case length(Int)
  case chunked
  /// With the connection; only answers.
  case untilClosed
}

/// Takes a body out of the bytes that arrive.
struct BodyDecoder: Sendable {
  enum Piece: Hashable, Sendable {
    case bytes([UInt8])
    case end
  }

  private enum State: Hashable, Sendable {
    case counted(remaining: Int)
    case chunkSize
    case chunk(remaining: Int)
    case chunkEnd
    case trailers(count: Int, bytes: Int)
    case untilClosed
    case ended
  }

  private var state: State
  private var lines = LineScanner()
  private var extensionBytes = 0

  /// A size of a chunk has at most this many digits.
  private static let sizeDigitsMax = 15
  private static let sizeLineBytesMax = 272
  /// All extensions of all chunks together: they carry nothing that we read.
  private static let extensionBytesMax = 4_096
  private static let trailerBytesMax = 8_192
  private static let trailersMax = 32
  /// The largest piece that is handed over at once.
  private static let pieceBytesMax = 65_536

  init(_ framing: BodyFraming) {
    switch framing {
    case .length(let length): state = length == 0 ? .ended : .counted(remaining: length)
    case .chunked: state = .chunkSize
    case .untilClosed: state = .untilClosed
    }
  }

  /// What is known to be missing; nil when only the end will tell.
  var remaining: Int? {
    switch state {
    case .counted(let remaining): remaining
    case .ended: 0
    case .chunkSize, .chunk, .chunkEnd, .trailers, .untilClosed: nil
    }
  }

  /// Whether the end of the connection is the end of this body.
  var endsWithConnection: Bool { state == .untilClosed }

  /// The next piece; nil when more bytes must arrive. After the end it stays the end.
  mutating func next(from input: inout InputBuffer) throws(HTTPRefusal) -> Piece? {
    while true {
      switch state {
      case .ended:
        return .end
      case .untilClosed:
        return input.isEmpty ? nil : .bytes(input.take(BodyDecoder.pieceBytesMax))
      case .counted(let remaining):
        guard !input.isEmpty else { return nil }
        let bytes = input.take(min(remaining, BodyDecoder.pieceBytesMax))
        state = remaining == bytes.count ? .ended : .counted(remaining: remaining - bytes.count)
        return .bytes(bytes)
      case .chunk(let remaining):
        guard !input.isEmpty else { return nil }
        let bytes = input.take(min(remaining, BodyDecoder.pieceBytesMax))
        state = remaining == bytes.count ? .chunkEnd : .chunk(remaining: remaining - bytes.count)
        return .bytes(bytes)
      case .chunkSize:
        guard let line = try line(of: &input, bytesMax: BodyDecoder.sizeLineBytesMax) else {
          return nil
        }
        let size = try readSize(line)
        state = size == 0 ? .trailers(count: 0, bytes: 0) : .chunk(remaining: size)
      case .chunkEnd:
        guard let line = try line(of: &input, bytesMax: 2) else { return nil }
        guard line.isEmpty else { throw .malformed("a chunk that is longer than its size") }
        state = .chunkSize
      case .trailers(let count, let bytes):
        guard let line = try line(of: &input, bytesMax: BodyDecoder.trailerBytesMax) else {
          return nil
        }
        try readTrailer(line, count: count, bytes: bytes)
      }
    }
  }

  /// Takes a whole line, without CR LF.
  private mutating func line(
    of input: inout InputBuffer, bytesMax: Int
  ) throws(HTTPRefusal) -> [UInt8]? {
    let found = try input.withSpan { span throws(HTTPRefusal) in try lines.next(in: span) }
    guard (found?.upperBound ?? input.count) <= bytesMax else {
      throw .malformed("a line of a chunked body is too long")
    }
    guard let found else { return nil }
    lines.reset()
    let line = input.take(found.upperBound)
    input.drop(2)
    return line
  }

  /// `size [;extension]`, without blanks: RFC 9112 allows them nowhere that a sender needs.
  private mutating func readSize(_ line: [UInt8]) throws(HTTPRefusal) -> Int {
    var size = 0
    var digits = 0
    for byte in line {
      guard let digit = byte.hexDigit else { break }
      digits += 1
      guard digits <= BodyDecoder.sizeDigitsMax else { break }
      size = size << 4 | digit
    }
    guard (1...BodyDecoder.sizeDigitsMax).contains(digits) else {
      throw .malformed("a chunk without a proper size")
    }
    let rest = line.dropFirst(digits)
    guard let first = rest.first else { return size }
    guard first == UInt8(ascii: ";"), rest.allSatisfy({ $0.isFieldValue && $0 < 0x80 }) else {
      throw .malformed("a chunk without a proper size")
    }
    extensionBytes += rest.count
    guard extensionBytes <= BodyDecoder.extensionBytesMax else {
      throw .malformed("too many chunk extensions")
    }
    return size
  }

  /// Trailers are checked and dropped: nobody here reads them, and merging them into the fields
  /// would let them say what the head did not.
  private mutating func readTrailer(
    _ line: [UInt8], count: Int, bytes: Int
  ) throws(HTTPRefusal) {
    if line.isEmpty {
      state = .ended
      return
    }
    _ = try FieldLine.parse(line.span)
    let bytes = bytes + line.count
    guard count < BodyDecoder.trailersMax, bytes <= BodyDecoder.trailerBytesMax else {
      throw .malformed("too many trailers")
    }
    state = .trailers(count: count + 1, bytes: bytes)
  }
}
