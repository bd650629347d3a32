internal import Ports

/// What the server itself answers when no handler does, as RFC 9457 wants it.
enum ProblemDocument {
  static func response(_ refusal: HTTPRefusal) -> HTTPResponse {
    let title = StatusPhrase.of(refusal.status).description
    let document = """
      {"type":"about:blank","title":\(quote(title)),"status":\(refusal.status),\
      "code":\(quote(refusal.code)),"detail":\(quote(refusal.detail))}
      """
    return HTTPResponse(
      status: refusal.status,
      fields: [
        HTTPField("content-type", "application/problem+json"),
        HTTPField("cache-control", "no-store"),
      ],
      body: .bytes(Array(document.utf8)))
  }

  /// Refusals are ASCII sentences of ours; quotes and backslashes are all that may need escaping.
  private static func quote(_ text: String) -> String {
    var quoted = "\""
    for character in text {
      if character == "\"" || character == "\\" { quoted.append("\\") }
      quoted.append(character)
    }
    return quoted + "\""
  }
}
