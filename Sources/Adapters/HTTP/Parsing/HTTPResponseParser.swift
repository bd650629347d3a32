internal import Ports

/// The head of an answer.
struct HTTPResponseHead: Hashable, Sendable {
  var status: Int
  var minorVersion: Int
  var fields: HTTPFields
  var framing: BodyFraming

  /// - Parameter toHead: whether the request's method was HEAD, whose answers have no body.
  init(lines: [Range<Int>], in bytes: Span<UInt8>, toHead: Bool) throws(HTTPRefusal) {
    guard let first = lines.first else { throw .malformed("an empty answer") }
    (status, minorVersion) = try HTTPResponseHead.startLine(bytes.extracting(first))
    var fields = HeadFields()
    for line in lines.dropFirst() { try fields.append(bytes.extracting(line)) }
    self.fields = fields.fields
    let announced = try fields.framing(minorVersion: minorVersion)
    let isBodiless = toHead || status < 200 || status == 204 || status == 304
    framing = isBodiless ? .length(0) : announced ?? .untilClosed
  }

  private static func startLine(_ line: Span<UInt8>) throws(HTTPRefusal) -> (Int, Int) {
    let refusal = HTTPRefusal.malformed("an answer that is not HTTP/1.1")
    guard line.count >= 12, line.count == 12 || line[12] == .space else { throw refusal }
    let name = line.extracting(first: 7)
    guard name.isSame(as: "http/1."), line[7] == UInt8(ascii: "1") || line[7] == UInt8(ascii: "0"),
      line[8] == .space
    else { throw refusal }
    var status = 0
    for index in 9..<12 {
      guard line[index].isDigit else { throw refusal }
      status = status * 10 + Int(line[index]) - 0x30
    }
    guard (100..<600).contains(status) else { throw refusal }
    return (status, Int(line[7]) - 0x30)
  }
}

/// One answer out of bytes; interim answers (1xx) are passed over.
struct HTTPResponseParser: Sendable {
  enum Event: Hashable, Sendable {
    case head(HTTPResponseHead)
    case body([UInt8])
    case end
  }

  private var input = InputBuffer()
  private var head: HeadReader
  private var body: BodyDecoder?
  private var refusal: HTTPRefusal?
  private var interimCount = 0
  private let toHead: Bool

  /// Interim answers beyond this are an attempt to keep us busy.
  private static let interimMax = 16

  init(_ limits: HeadLimits, toHead: Bool) {
    head = HeadReader(limits)
    self.toHead = toHead
  }

  mutating func append(_ bytes: Span<UInt8>) {
    input.append(bytes)
  }

  /// The next event; nil when more bytes must arrive.
  mutating func next() throws(HTTPRefusal) -> Event? {
    if let refusal { throw refusal }
    do throws(HTTPRefusal) {
      return try body == nil ? nextHead() : nextPiece()
    } catch {
      refusal = error
      throw error
    }
  }

  /// The peer has closed: whether the answer is complete by that.
  mutating func close() -> Bool {
    guard let body, body.endsWithConnection, input.isEmpty else { return false }
    self.body = BodyDecoder(.length(0))
    return true
  }

  /// What the body is known to be long; nil when only its end will tell.
  var bodyRemaining: Int? { body?.remaining }

  private mutating func nextHead() throws(HTTPRefusal) -> Event? {
    while true {
      let toHead = toHead
      let complete = try head.read(&input) { lines, bytes throws(HTTPRefusal) in
        try HTTPResponseHead(lines: lines, in: bytes, toHead: toHead)
      }
      guard let complete else { return nil }
      if complete.status >= 200 {
        body = BodyDecoder(complete.framing)
        return .head(complete)
      }
      interimCount += 1
      guard complete.status != 101, interimCount <= HTTPResponseParser.interimMax else {
        throw .malformed("an interim answer that was not asked for")
      }
    }
  }

  private mutating func nextPiece() throws(HTTPRefusal) -> Event? {
    switch try body?.next(from: &input) {
    case .bytes(let bytes): .body(bytes)
    case .end: .end
    case nil: nil
    }
  }
}
