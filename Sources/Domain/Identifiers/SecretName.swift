/// A secret within its namespace: 1 to 64 of `A-Z`, `0-9` and `_`, starting with a letter, so that
/// it can name a variable of an environment as it is.
public struct SecretName: Hashable, Comparable, Sendable, CustomStringConvertible {
  public static let lengthMax = 64
  /// For messages: what a name may look like, in words.
  public static let rule = "1 to 64 of A-Z, 0-9 and '_', starting with a letter"

  public let text: String
  public var description: String { text }

  /// Nil unless `text` is such a name.
  public init?(_ text: some StringProtocol) {
    let bytes = text.utf8
    guard let first = bytes.first, SecretName.isLetter(first),
      bytes.count <= SecretName.lengthMax,
      bytes.allSatisfy({ byte in
        SecretName.isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || byte == UInt8(ascii: "_")
      })
    else { return nil }
    self.text = String(text)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }

  public static func < (left: SecretName, right: SecretName) -> Bool { left.text < right.text }
}
