internal import Ports

/// The head of an HTTP/2 request, judged as strictly as one of HTTP/1.1.
enum HTTP2Request {
  static func head(_ block: HeaderBlock) throws(HTTPRefusal) -> HTTPRequestHead {
    if let refusal = block.refusal { throw refusal }
    let method = try HTTPRequestHead.knownMethod(block.method.utf8.span)
    guard block.scheme == "http" || block.scheme == "https" else {
      throw .malformed("a scheme that is neither http nor https")
    }
    guard block.path.count <= 16_384 else { throw .targetTooLong }
    let target = try RequestTarget.parse(block.path.span, method: method)
    guard target.authority == nil else {
      throw .malformed("a request target that does not begin with /")
    }
    var head = HTTPRequestHead(method: method, target: target, fields: HTTPFields())
    head.fields = try fields(block, &head)
    return head
  }

  /// The fields as HTTP/1.1 would have brought them: with one Host and one Cookie.
  private static func fields(
    _ block: HeaderBlock, _ head: inout HTTPRequestHead
  ) throws(HTTPRefusal) -> HTTPFields {
    var fields = HTTPFields()
    fields.fields.reserveCapacity(block.fields.fields.count + 1)
    var host = block.authority.isEmpty ? nil : block.authority
    var cookie: String?
    if let host { fields.fields.append(HTTPField("host", host)) }
    for field in block.fields.fields {
      switch field.name {
      case "host":
        guard let known = host else {
          host = field.value
          fields.fields.append(field)
          continue
        }
        guard HTTPField(known, "").isNamed(field.value) else {
          throw .malformed("a Host that differs from the request target")
        }
      case "cookie":
        // Crumbs are one field again (RFC 9113 §8.2.3).
        cookie = cookie.map { "\($0); \(field.value)" } ?? field.value
      case "expect":
        guard HTTPField(field.value, "").isNamed("100-continue") else {
          throw HTTPRefusal(
            417, "expectation-unsupported", "the only expectation that is known is 100-continue")
        }
        head.expectsContinue = true
      case "content-length":
        guard head.framing == nil, (1...15).contains(field.value.utf8.count),
          field.value.utf8.allSatisfy(\.isDigit), let length = Int(field.value)
        else { throw .malformed("a Content-Length that is not a number") }
        head.framing = .length(length)
        fields.fields.append(field)
      default:
        fields.fields.append(field)
      }
    }
    guard let host else { throw .malformed("no Host") }
    guard Authority.isValid(host) else { throw .malformed("a Host that is not a host name") }
    if let cookie { fields.fields.append(HTTPField("cookie", cookie)) }
    return fields
  }
}
