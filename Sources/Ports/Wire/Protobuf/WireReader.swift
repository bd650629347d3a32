/// Takes protobuf fields from bytes, without ever reading beyond the limit of the current message.
///
/// A tag is handed out as its raw number, `number << 3 | wire type`, so that generated code picks
/// the field and checks its wire type in one switch; whatever does not match goes to `unknown`.
public struct WireReader: Sendable {
  @usableFromInline let bytes: [UInt8]
  @usableFromInline var position = 0
  @usableFromInline var limit: Int
  var tagStart = 0
  var depth = 0
  var messagesLeft: Int
  let limits: WireLimits

  public init(_ bytes: [UInt8], limits: WireLimits = WireLimits()) throws(WireError) {
    guard bytes.count <= limits.bytesMax else { throw .tooLarge }
    self.bytes = bytes
    self.limit = bytes.count
    self.limits = limits
    self.messagesLeft = limits.messagesMax
  }

  /// Whether the current message, or packed field, has been read to its end.
  @inlinable public var isAtEnd: Bool { position == limit }

  // MARK: Tags

  /// The next field's tag, or nil at the end of the current message.
  public mutating func nextTag() throws(WireError) -> UInt32? {
    guard position < limit else { return nil }
    tagStart = position
    let raw = try varint()
    guard let tag = UInt32(exactly: raw), tag >> 3 != 0, position - tagStart <= 5 else {
      throw .malformed("no field has the tag \(raw) at byte \(tagStart)")
    }
    return tag
  }

  /// Keeps the field whose tag was read last.
  public mutating func unknown(_ tag: UInt32, _ fields: inout UnknownFields) throws(WireError) {
    let start = tagStart
    try skip(tag)
    fields.append(bytes[start..<position])
  }

  /// Passes over the field whose tag was read last.
  public mutating func skip(_ tag: UInt32) throws(WireError) {
    switch WireType(rawValue: tag & 7) {
    case .varint: _ = try varint()
    case .fixed64: _ = try fixed64()
    case .delimited: position = try delimited().upperBound
    case .fixed32: _ = try fixed32()
    case .groupStart: try skipGroup(tag >> 3)
    case .groupEnd: throw .malformed("a group ends that did not start, at byte \(tagStart)")
    case nil: throw .malformed("wire type \(tag & 7) does not exist, at byte \(tagStart)")
    }
  }

  private mutating func skipGroup(_ number: UInt32) throws(WireError) {
    guard depth < limits.depthMax else { throw .tooDeep }
    depth += 1
    while let tag = try nextTag() {
      if tag & 7 == WireType.groupEnd.rawValue {
        guard tag >> 3 == number else {
          throw .malformed("group \(number) is ended by \(tag >> 3), at byte \(tagStart)")
        }
        depth -= 1
        return
      }
      try skip(tag)
    }
    throw .truncated
  }

  // MARK: Scalars

  /// At most ten bytes and 64 bits; padded forms are accepted, as every protobuf reader does.
  @inlinable
  public mutating func varint() throws(WireError) -> UInt64 {
    guard position < limit else { throw .truncated }
    let first = bytes[position]
    guard first >= 0x80 else {
      position += 1
      return UInt64(first)
    }
    return try longVarint()
  }

  @usableFromInline
  mutating func longVarint() throws(WireError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < limit else { throw .truncated }
      let byte = bytes[position]
      position += 1
      if shift == 63, byte > 1 { break }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    throw .malformed("a number has more than 64 bits, at byte \(position)")
  }

  @inlinable
  public mutating func int32() throws(WireError) -> Int32 {
    Int32(truncatingIfNeeded: try varint())
  }

  @inlinable
  public mutating func int64() throws(WireError) -> Int64 {
    Int64(bitPattern: try varint())
  }

  @inlinable
  public mutating func uint32() throws(WireError) -> UInt32 {
    UInt32(truncatingIfNeeded: try varint())
  }

  @inlinable
  public mutating func bool() throws(WireError) -> Bool {
    try varint() != 0
  }

  @inlinable
  public mutating func zigzag32() throws(WireError) -> Int32 {
    let raw = try uint32()
    return Int32(bitPattern: raw >> 1) ^ -Int32(bitPattern: raw & 1)
  }

  @inlinable
  public mutating func zigzag64() throws(WireError) -> Int64 {
    let raw = try varint()
    return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
  }

  public mutating func fixed32() throws(WireError) -> UInt32 {
    guard limit - position >= 4 else { throw .truncated }
    var value: UInt32 = 0
    for place in 0..<4 { value |= UInt32(bytes[position + place]) << UInt32(8 * place) }
    position += 4
    return value
  }

  public mutating func fixed64() throws(WireError) -> UInt64 {
    guard limit - position >= 8 else { throw .truncated }
    var value: UInt64 = 0
    for place in 0..<8 { value |= UInt64(bytes[position + place]) << UInt64(8 * place) }
    position += 8
    return value
  }

  /// UTF-8, refused when it is not valid.
  public mutating func string() throws(WireError) -> String {
    let range = try delimited()
    guard let text = String(validUTF8: bytes.span.extracting(range)) else {
      throw .malformed("text is not UTF-8, at byte \(range.lowerBound)")
    }
    position = range.upperBound
    return text
  }

  public mutating func data() throws(WireError) -> [UInt8] {
    let range = try delimited()
    position = range.upperBound
    return Array(bytes[range])
  }

  /// The place of a delimited field's content; the position stays in front of it.
  mutating func delimited() throws(WireError) -> Range<Int> {
    let length = try varint()
    guard length <= UInt64(limit - position) else { throw .truncated }
    return position..<(position + Int(length))
  }

  // MARK: Content

  /// Makes a delimited field's content the current message; hands out what `leave` needs.
  public mutating func enter() throws(WireError) -> Int {
    let outer = limit
    limit = try delimited().upperBound
    return outer
  }

  /// `enter` for a map's entry, which counts as a message but not as depth.
  public mutating func enterEntry() throws(WireError) -> Int {
    guard messagesLeft > 0 else { throw .tooLarge }
    messagesLeft -= 1
    return try enter()
  }

  /// Returns to the message around the one that has been read to its end.
  @inlinable
  public mutating func leave(_ outer: Int) {
    limit = outer
  }

  /// Merges a delimited field's content into `message`.
  @inlinable
  public mutating func message<Message: WireMessage>(
    _ message: inout Message
  ) throws(WireError) {
    let outer = try enterMessage()
    try message.decode(from: &self)
    leaveMessage(outer)
  }

  /// Merges a delimited field's content into `message`, a fresh one when there is none.
  @inlinable
  public mutating func message<Message: WireMessage>(
    _ message: inout Message?
  ) throws(WireError) {
    var value = message ?? Message()
    message = nil
    try self.message(&value)
    message = value
  }

  /// Appends a delimited field's content to `messages`.
  @inlinable
  public mutating func message<Message: WireMessage>(
    appendingTo messages: inout [Message]
  ) throws(WireError) {
    var value = Message()
    try message(&value)
    messages.append(value)
  }

  @usableFromInline
  mutating func enterMessage() throws(WireError) -> Int {
    guard depth < limits.depthMax else { throw .tooDeep }
    guard messagesLeft > 0 else { throw .tooLarge }
    messagesLeft -= 1
    depth += 1
    return try enter()
  }

  @usableFromInline
  mutating func leaveMessage(_ outer: Int) {
    depth -= 1
    limit = outer
  }
}

extension String {
  /// Nil when the bytes are not UTF-8.
  init?(validUTF8 bytes: Span<UInt8>) {
    guard let text = try? UTF8Span(validating: bytes) else { return nil }
    self.init(copying: text)
  }
}
