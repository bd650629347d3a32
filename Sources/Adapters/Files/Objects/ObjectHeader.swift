internal import Ports

/// What an object's file says of itself before the content: one file and one rename make both
/// visible together.
///
/// "MLROBJ1\n", the length of the header (32 bits), the size of the content (64 bits), its SHA-256
/// (32 bytes), then content type and key, each with its length (16 bits). Numbers are little
/// endian.
struct ObjectHeader: Hashable, Sendable {
  static let lengthMax: Int64 =
    8 + 4 + 8 + 32 + 2 + Int64(ObjectKey.contentTypeBytesMax) + 2 + Int64(ObjectKey.bytesMax)
  private static let magic = [UInt8]("MLROBJ1\n".utf8)

  var key: String
  var contentType: String
  var size: Int64
  /// 32 bytes; zeros until the content is known.
  var digest: [UInt8]

  init(
    key: String, contentType: String, size: Int64 = 0,
    digest: [UInt8] = [UInt8](repeating: 0, count: 32)
  ) {
    self.key = key
    self.contentType = contentType
    self.size = size
    self.digest = digest
  }

  /// Bytes before the content; it does not depend on size and digest.
  var length: Int64 {
    Int64(8 + 4 + 8 + 32 + 2 + contentType.utf8.count + 2 + key.utf8.count)
  }

  var encoded: [UInt8] {
    precondition(digest.count == 32, "a digest has 32 bytes")
    var bytes = ObjectHeader.magic
    append(UInt64(length), bytes: 4, to: &bytes)
    append(UInt64(bitPattern: size), bytes: 8, to: &bytes)
    bytes += digest
    append(UInt64(contentType.utf8.count), bytes: 2, to: &bytes)
    bytes += contentType.utf8
    append(UInt64(key.utf8.count), bytes: 2, to: &bytes)
    bytes += key.utf8
    return bytes
  }

  /// Nil unless the bytes begin with a whole header.
  init?(decoding bytes: [UInt8]) {
    var rest = bytes[...]
    guard rest.starts(with: ObjectHeader.magic) else { return nil }
    rest = rest.dropFirst(8)
    guard let length = ObjectHeader.number(&rest, bytes: 4),
      let size = ObjectHeader.number(&rest, bytes: 8), rest.count >= 32
    else { return nil }
    let digest = [UInt8](rest.prefix(32))
    rest = rest.dropFirst(32)
    guard let contentType = ObjectHeader.text(&rest), let key = ObjectHeader.text(&rest),
      let whole = Int64(exactly: size), whole <= .max - ObjectHeader.lengthMax
    else { return nil }
    self.init(key: key, contentType: contentType, size: whole, digest: digest)
    guard UInt64(self.length) == length else { return nil }
  }

  private func append(_ number: UInt64, bytes count: Int, to bytes: inout [UInt8]) {
    for place in 0..<count {
      bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(place * 8)))
    }
  }

  private static func number(_ rest: inout ArraySlice<UInt8>, bytes count: Int) -> UInt64? {
    guard rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func text(_ rest: inout ArraySlice<UInt8>) -> String? {
    guard let count = number(&rest, bytes: 2), rest.count >= Int(count) else { return nil }
    defer { rest = rest.dropFirst(Int(count)) }
    return String(decoding: rest.prefix(Int(count)), as: UTF8.self)
  }
}
