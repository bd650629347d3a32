/// A `Content-Digest` or `Repr-Digest` field (RFC 9530): a dictionary of algorithms and byte
/// sequences (RFC 8941). We know `sha-256`; others are passed over, as the RFC wants it.
public enum DigestField {
  public enum Reading: Hashable, Sendable {
    /// Nothing about SHA-256 is said.
    case absent
    case digest(ContentDigest)
    /// It cannot be read, or contradicts itself.
    case malformed
  }

  /// - Parameter values: of all fields of the name; several are one list.
  public static func read(_ values: [String]) -> Reading {
    var found: ContentDigest?
    for member in values.joined(separator: ",").split(separator: ",") {
      guard let (name, value) = DigestField.member(member) else { return .malformed }
      guard name == "sha-256" else { continue }
      guard let digest = StrictBase64.decoded(value).flatMap(ContentDigest.init(bytes:)),
        found == nil || found == digest
      else { return .malformed }
      found = digest
    }
    return found.map(Reading.digest) ?? .absent
  }

  public static func text(of digest: ContentDigest) -> String {
    "sha-256=:\(StrictBase64.encoded(digest.bytes)):"
  }

  /// `name=:base64:`, with blanks around it.
  private static func member(_ text: Substring) -> (name: String, value: Substring)? {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let name = trimmed(parts[0])
    let value = trimmed(parts[1])
    let isName =
      !name.isEmpty
      && name.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
          || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "*") || byte == UInt8(ascii: ".")
      }
    guard isName, value.utf8.count >= 2, value.first == ":", value.last == ":" else { return nil }
    return (String(name), value.dropFirst().dropLast())
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    var text = text.drop(while: isBlank)
    while let last = text.last, isBlank(last) { text = text.dropLast() }
    return text
  }
}
