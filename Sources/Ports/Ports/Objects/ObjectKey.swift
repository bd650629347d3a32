/// The grammar of keys and content types, and how many keys a page has: the same for every
/// backend.
public enum ObjectKey {
  public static let bytesMax = 512
  public static let contentTypeBytesMax = 255
  /// Keys in one page of a list.
  public static let pageMax = 1_000

  /// - Throws: `.refused` unless it is a key as `ObjectStore` says.
  public static func check(_ key: String) throws(ObjectError) {
    guard (1...bytesMax).contains(key.utf8.count) else {
      throw .refused("a key has 1 to \(bytesMax) bytes, not \(key.utf8.count)")
    }
    guard key.utf8.allSatisfy(isAllowed) else {
      throw .refused("the key \(key) has other characters than a-z A-Z 0-9 . _ - /")
    }
    let segments = key.split(separator: "/", omittingEmptySubsequences: false)
    guard segments.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
      throw .refused("the key \(key) has an empty, . or .. segment")
    }
  }

  /// - Throws: `.refused` unless it is short and printable ASCII.
  public static func check(contentType: String) throws(ObjectError) {
    guard contentType.utf8.count <= contentTypeBytesMax,
      contentType.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
    else {
      throw .refused("a content type is printable ASCII of at most \(contentTypeBytesMax) bytes")
    }
  }

  /// - Throws: `.refused` unless a page of a list can have so many keys.
  public static func check(limit: Int) throws(ObjectError) {
    guard (1...pageMax).contains(limit) else {
      throw .refused("1 to \(pageMax) keys can be asked for at once, not \(limit)")
    }
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "-"), UInt8(ascii: "/"):
      true
    default: false
    }
  }
}
