// How a call over HTTP is read.

extension DefinitionParse {
  private enum Method: String, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
  }

  mutating func http(_ cursor: SourceCursor, in scope: ExpressionScope) -> TaskWork? {
    guard let map = map(cursor, .http) else { return nil }
    let method = map["method"].map { word($0, Method.self) } ?? .get
    if map["url"] == nil { missing("url", in: cursor, "say where to, such as url: https://…") }
    let url = map["url"].flatMap { self.url($0, in: scope) }
    let headers = map["headers"].map { self.headers($0, in: scope) } ?? [:]
    if let body = map["body"] { judgeWeight(body) }
    let body = map["body"].flatMap { valueTemplate($0, in: scope) }
    let expect = map["expect"].map { statusCodes($0) } ?? [200]
    guard let method, let url, let expect else { return nil }
    return .http(
      HTTPWork(
        method: method.rawValue, url: url, headers: headers, body: body, expect: expect))
  }

  private mutating func url(_ cursor: SourceCursor, in scope: ExpressionScope) -> Template? {
    guard let template = template(cursor, in: scope, bytesMax: limits.argumentBytesMax) else {
      return nil
    }
    if case .expression? = template.parts.first { return template }
    var text = ""
    if case .text(let start)? = template.parts.first { text = start }
    let isAddress = ["http://", "https://"].contains { scheme in
      text.lowercased().hasPrefix(scheme)
        && (text.utf8.count > scheme.utf8.count || template.parts.count > 1)
    }
    let isClean = template.literalBytes.allSatisfy { $0 > 0x20 && $0 != 0x7f }
    if isAddress, isClean { return template }
    report(
      Fault(
        "invalid-url", "'\(text.prefix(80))' is no address",
        hint: "write http:// or https:// and a host, without blanks"),
      at: cursor)
    return nil
  }

  private mutating func headers(
    _ cursor: SourceCursor, in scope: ExpressionScope
  ) -> SortedMap<String, Template> {
    var headers: [(String, Template)] = []
    var scope = scope
    scope.secrets = secrets
    for (key, value) in entries(cursor, of: "headers", max: limits.headersMax) {
      let name = key.lowercased()
      if !DefinitionParse.isToken(key) || key.utf8.count > 256 {
        report(
          Fault(
            "invalid-name", "'\(key.prefix(80))' is no name for a header",
            hint: "letters, digits and - only"),
          at: value.ownerPosition, of: value)
      } else if headers.contains(where: { $0.0.lowercased() == name }) {
        report(
          Fault(
            "duplicate-name", "the header '\(key)' occurs twice",
            hint: "upper and lower case are the same in a header's name"),
          at: value.ownerPosition, of: value)
      }
      guard let template = template(value, in: scope, bytesMax: limits.argumentBytesMax) else {
        continue
      }
      if template.literalBytes.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) {
        report(
          Fault(
            "invalid-text", "the header '\(key)' contains a line break",
            hint: "write the value on one line"),
          at: value)
      }
      headers.append((key, template))
    }
    return SortedMap(headers)
  }

  /// The characters of a header's name, RFC 9110 §5.6.2.
  private static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }

  private mutating func statusCodes(_ cursor: SourceCursor) -> [Int]? {
    let range = 100...599
    if cursor.items == nil { return integer(cursor, in: range).map { [$0] } }
    let items = list(cursor, of: "status codes", max: 100)
    let codes = items.compactMap { integer($0, in: range) }
    guard !items.isEmpty else {
      missing("status code", in: cursor, "name at least one, such as [200]")
      return nil
    }
    return codes.count == items.count ? SortedSet(codes).members : nil
  }
}

extension Template {
  /// What stands outside its expressions.
  fileprivate var literalBytes: [UInt8] {
    parts.flatMap { part in
      if case .text(let text) = part { Array(text.utf8) } else { [UInt8]() }
    }
  }
}
