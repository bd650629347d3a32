/// The SHA-256 of a file: what it is recognised by.
public struct ContentDigest: Hashable, Sendable {
  public static let bytesCount = 32

  /// Lower case, 64 digits.
  public let hexadecimal: String

  /// Nil unless `text` is 64 digits in lower case.
  public init?(hexadecimal text: some StringProtocol) {
    guard text.utf8.count == ContentDigest.bytesCount * 2,
      text.utf8.allSatisfy({ ContentDigest.value(of: $0) != nil })
    else { return nil }
    hexadecimal = String(text)
  }

  /// Nil unless there are 32 bytes.
  public init?(bytes: [UInt8]) {
    guard bytes.count == ContentDigest.bytesCount else { return nil }
    hexadecimal = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in hexadecimal.utf8.compactMap(ContentDigest.value) {
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return bytes
  }

  private static func value(of byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}

/// What a file is, to the last bit.
public struct Content: Hashable, Sendable {
  public var size: Int64
  public var digest: ContentDigest

  public init(size: Int64, digest: ContentDigest) {
    self.size = size
    self.digest = digest
  }
}
