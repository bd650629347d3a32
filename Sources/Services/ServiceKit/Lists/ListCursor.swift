internal import Domain
public import Ports

/// Seals cursors with a key, so that one that was made up is refused. Processes that serve the same
/// lists share the key.
public struct CursorSeal: Sendable {
  private let digest: any Digest
  private let key: String

  public init(key: String, digest: any Digest) {
    self.key = key
    self.digest = digest
  }

  /// Hashed twice with the key before, so that it cannot be extended.
  func seal(_ text: String) -> String {
    let inner = digest.hexadecimal(of: Array((key + "\n" + text).utf8))
    return String(digest.hexadecimal(of: Array((key + "\n" + inner).utf8)).prefix(32))
  }
}

/// Where a page of a list ended, as clients carry it: opaque, and only good for the same list.
///
/// The seal is a keyed digest over the filter and the place, so that a cursor that was made up or
/// moved to another filter or namespace is refused.
public struct ListCursor: Hashable, Sendable {
  public static let textBytesMax = 512

  /// The last row's place, as texts.
  public var place: [String]

  public init(place: [String]) {
    self.place = place
  }

  public func text(filter: String, _ seal: CursorSeal) -> String {
    let payload = place.map(ListCursor.hexadecimal).joined(separator: ".")
    return payload + "-" + seal.seal(filter + "\n" + payload)
  }

  /// Nil unless `text` was made for this filter.
  public init?(text: String, filter: String, _ seal: CursorSeal) {
    guard text.utf8.count <= ListCursor.textBytesMax,
      let dash = text.lastIndex(of: "-")
    else { return nil }
    let payload = text[..<dash]
    guard text[text.index(after: dash)...] == seal.seal(filter + "\n" + payload) else {
      return nil
    }
    var place: [String] = []
    for part in payload.split(separator: ".", omittingEmptySubsequences: false) {
      guard let piece = ListCursor.text(ofHexadecimal: part) else { return nil }
      place.append(piece)
    }
    self.place = place
  }

  private static func hexadecimal(_ text: String) -> String {
    text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func text(ofHexadecimal digits: Substring) -> String? {
    guard digits.utf8.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    var rest = digits
    while !rest.isEmpty {
      guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
      bytes.append(byte)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
