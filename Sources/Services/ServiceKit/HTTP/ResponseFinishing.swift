internal import Ports

/// What every answer gets, whatever its route: links to the next page, and 304 for what the client
/// has already.
extension HTTPResponse {
  /// The answer as the sender of `request` gets it.
  func finished(for request: HTTPRequest) -> HTTPResponse {
    guard status == 200, request.method == "GET" || request.method == "HEAD" else { return self }
    var response = self
    if let link = fields["link"], let cursor = HTTPResponse.cursor(ofLink: link) {
      response.fields.fields.removeAll { $0.isNamed("link") }
      response.fields.fields.append(HTTPField("Link", HTTPResponse.link(to: cursor, from: request)))
    }
    return response.isKnown(to: request) ? response.notModified : response
  }

  // MARK: The next page

  private static let before = "<?cursor="
  private static let behind = ">; rel=\"next\""

  /// A page says which cursor comes next; the rest of the address is that of its own request.
  static func nextPage(_ cursor: String) -> HTTPField {
    HTTPField("Link", before + PercentCoding.encoded(cursor) + behind)
  }

  private static func cursor(ofLink link: String) -> Substring? {
    guard link.hasPrefix(before), link.hasSuffix(behind) else { return nil }
    return link.dropFirst(before.count).dropLast(behind.count)
  }

  /// RFC 8288: the address of the same list with another cursor.
  private static func link(to cursor: Substring, from request: HTTPRequest) -> String {
    let kept = (request.query ?? "").split(separator: "&").filter { !$0.hasPrefix("cursor=") }
    let query = (kept + ["cursor=\(cursor)"]).joined(separator: "&")
    return "<\(request.path)?\(query)\(behind)"
  }

  // MARK: What is known

  /// `If-None-Match` (RFC 9110 §13.1.2): tags are compared weakly.
  private func isKnown(to request: HTTPRequest) -> Bool {
    let sent = request.fields.all("if-none-match")
    guard case .bytes = body, let tag = fields["etag"], !sent.isEmpty else { return false }
    return sent.joined(separator: ",").split(separator: ",").contains { part in
      let text = part.drop { $0 == " " || $0 == "\t" }
      let known = (text.hasPrefix("W/") ? text.dropFirst(2) : text).filter { $0 != " " }
      return known == "*" || known == (tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag)
    }
  }

  private var notModified: HTTPResponse {
    let kept = ["etag", "cache-control", "link", "vary"]
    return HTTPResponse(
      status: 304,
      fields: HTTPFields(fields.fields.filter { field in kept.contains { field.isNamed($0) } }),
      body: .bytes([]))
  }
}
