/// Reads the fields of a Kafka message one after the other; nil at whatever is not there.
///
/// Source: the protocol guide of Apache Kafka, "Protocol Primitive Types".
struct WireReader {
  private let bytes: ArraySlice<UInt8>
  private var place: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    place = bytes.startIndex
  }

  /// From the start of what is read.
  var offset: Int { place - bytes.startIndex }

  mutating func integer(_ count: Int) -> Int? {
    guard let taken = take(count) else { return nil }
    var value: UInt64 = 0
    for byte in taken { value = value << 8 | UInt64(byte) }
    let unused = 64 - 8 * count
    return Int(Int64(bitPattern: value << UInt64(unused)) >> Int64(unused))
  }

  /// Empty for the null string.
  mutating func text() -> String? {
    guard let count = integer(2) else { return nil }
    return take(max(count, 0)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The length of bytes that are passed over; -1 for none.
  mutating func skipBytes() -> Int? {
    guard let count = integer(4), skip(max(count, 0)) else { return nil }
    return count
  }

  mutating func varint() -> Int? {
    var value = 0
    for shift in stride(from: 0, to: 28, by: 7) {
      guard let byte = take(1)?.first else { return nil }
      value |= Int(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  mutating func skip(_ count: Int) -> Bool { take(count) != nil }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= bytes.endIndex - place else { return nil }
    defer { place += count }
    return bytes[place..<place + count]
  }
}
