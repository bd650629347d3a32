/// What a request asks for: a path and a query, still percent-encoded.
struct RequestTarget: Hashable, Sendable {
  var path: String
  var query: String?
  /// Present in the absolute form only.
  var authority: String?

  static func parse(_ bytes: Span<UInt8>, method: String) throws(HTTPRefusal) -> RequestTarget {
    try check(bytes)
    guard let text = bytes.text, let first = text.utf8.first else {
      throw .malformed("a request without a target")
    }
    if text == "*", method == "OPTIONS" { return RequestTarget(path: "*") }
    if first == UInt8(ascii: "/") { return split(text[...], authority: nil) }
    let scheme = text.prefix(7)
    guard scheme.lowercased() == "http://" else {
      throw .malformed("a request target that does not begin with /")
    }
    let rest = text.dropFirst(7)
    let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
    let authority = String(rest[..<(end ?? rest.endIndex)])
    let tail = end.map { rest[$0...] } ?? ""
    return split(tail.utf8.first == UInt8(ascii: "/") ? tail : "/" + tail, authority: authority)
  }

  private static func split(_ text: Substring, authority: String?) -> RequestTarget {
    guard let mark = text.utf8.firstIndex(of: UInt8(ascii: "?")) else {
      return RequestTarget(path: String(text), authority: authority)
    }
    let query = text[text.utf8.index(after: mark)...]
    return RequestTarget(
      path: String(text[..<mark]), query: String(query), authority: authority)
  }

  /// Every byte is printable ASCII that needs no escaping, and every escape is whole and not NUL.
  private static func check(_ bytes: Span<UInt8>) throws(HTTPRefusal) {
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      guard byte.isTarget else {
        throw .malformed("a character in the request target that must be percent-encoded")
      }
      index += 1
      guard byte == UInt8(ascii: "%") else { continue }
      guard index + 2 <= bytes.count, let high = bytes[index].hexDigit,
        let low = bytes[index + 1].hexDigit, high << 4 | low != 0
      else { throw .malformed("a broken percent escape in the request target") }
      index += 2
    }
  }
}

/// Host and port as RFC 3986 writes them.
enum Authority {
  /// Whether the text is `host`, `host:port` or `[address]:port` without user information.
  static func isValid(_ text: String) -> Bool {
    var bytes = Array(text.utf8)[...]
    if bytes.first == UInt8(ascii: "[") {
      guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
      let address = bytes[bytes.startIndex + 1..<end]
      guard !address.isEmpty, address.count <= 45, address.allSatisfy(isAddressByte) else {
        return false
      }
      bytes = bytes[(end + 1)...]
    } else {
      let host = bytes.prefix { $0 != .colon }
      guard !host.isEmpty, host.count <= 253, host.allSatisfy(isNameByte) else { return false }
      bytes = bytes.dropFirst(host.count)
    }
    guard let first = bytes.first else { return true }
    let port = bytes.dropFirst()
    return first == .colon && (1...5).contains(port.count) && port.allSatisfy(\.isDigit)
  }

  private static func isAddressByte(_ byte: UInt8) -> Bool {
    byte.hexDigit != nil || byte == .colon || byte == UInt8(ascii: ".")
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "%"):
      true
    default: false
    }
  }
}
