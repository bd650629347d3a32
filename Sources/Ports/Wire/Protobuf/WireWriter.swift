/// Appends protobuf fields to bytes.
///
/// The first argument of every method is the field's number. Whether a default value is left out is
/// the caller's decision: these methods always write.
public struct WireWriter: Sendable {
  public private(set) var bytes: [UInt8] = []

  public init(capacity: Int = 0) {
    if capacity > 0 { bytes.reserveCapacity(capacity) }
  }

  // MARK: Pieces without a tag, as packed fields hold them

  public mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// An `int32` or an enum; negative values take ten bytes, as the format asks for.
  @inlinable
  public mutating func int32(_ value: Int32) {
    varint(UInt64(bitPattern: Int64(value)))
  }

  @inlinable
  public mutating func int64(_ value: Int64) {
    varint(UInt64(bitPattern: value))
  }

  @inlinable
  public mutating func bool(_ value: Bool) {
    varint(value ? 1 : 0)
  }

  @inlinable
  public mutating func zigzag(_ value: Int64) {
    varint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  public mutating func fixed32(_ value: UInt32) {
    var rest = value
    for _ in 0..<4 {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  public mutating func fixed64(_ value: UInt64) {
    var rest = value
    for _ in 0..<8 {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  @inlinable
  public mutating func tag(_ number: UInt32, _ type: WireType) {
    varint(UInt64(number << 3 | type.rawValue))
  }

  // MARK: Fields

  @inlinable
  public mutating func varint(_ number: UInt32, _ value: UInt64) {
    tag(number, .varint)
    varint(value)
  }

  @inlinable
  public mutating func int32(_ number: UInt32, _ value: Int32) {
    varint(number, UInt64(bitPattern: Int64(value)))
  }

  @inlinable
  public mutating func int64(_ number: UInt32, _ value: Int64) {
    varint(number, UInt64(bitPattern: value))
  }

  @inlinable
  public mutating func bool(_ number: UInt32, _ value: Bool) {
    varint(number, value ? 1 : 0)
  }

  @inlinable
  public mutating func zigzag(_ number: UInt32, _ value: Int64) {
    tag(number, .varint)
    zigzag(value)
  }

  @inlinable
  public mutating func fixed32(_ number: UInt32, _ value: UInt32) {
    tag(number, .fixed32)
    fixed32(value)
  }

  @inlinable
  public mutating func fixed64(_ number: UInt32, _ value: UInt64) {
    tag(number, .fixed64)
    fixed64(value)
  }

  public mutating func string(_ number: UInt32, _ value: String) {
    tag(number, .delimited)
    let text = value.utf8
    varint(UInt64(text.count))
    bytes.append(contentsOf: text)
  }

  public mutating func data(_ number: UInt32, _ value: [UInt8]) {
    tag(number, .delimited)
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  @inlinable
  public mutating func message<Message: WireMessage>(_ number: UInt32, _ value: Message) {
    let mark = begin(number)
    value.encode(into: &self)
    end(mark)
  }

  public mutating func unknown(_ fields: UnknownFields) {
    bytes.append(contentsOf: fields.bytes)
  }

  // MARK: Delimited content of unknown length

  /// Starts a delimited field; what is written until `end` is its content.
  ///
  /// One byte is kept free for the length, enough for most messages, so that nothing is measured
  /// before it is written. Longer content is moved once by `end`.
  public mutating func begin(_ number: UInt32) -> Int {
    tag(number, .delimited)
    bytes.append(0)
    return bytes.count
  }

  /// Ends what `begin` started; `mark` is its answer.
  public mutating func end(_ mark: Int) {
    var length = bytes.count - mark
    guard length >= 0x80 else {
      bytes[mark - 1] = UInt8(truncatingIfNeeded: length)
      return
    }
    var place = mark - 1
    let width = (Int.bitWidth - length.leadingZeroBitCount + 6) / 7
    bytes.insert(contentsOf: repeatElement(0, count: width - 1), at: mark)
    while length >= 0x80 {
      bytes[place] = UInt8(truncatingIfNeeded: length) | 0x80
      length >>= 7
      place += 1
    }
    bytes[place] = UInt8(truncatingIfNeeded: length)
  }
}

/// How a field's value is laid out.
@frozen
public enum WireType: UInt32, Hashable, Sendable {
  case varint = 0
  case fixed64 = 1
  case delimited = 2
  case groupStart = 3
  case groupEnd = 4
  case fixed32 = 5
}
