internal import Ports

/// Writes the head of a request. Host, framing and connection belong to the client: what the caller
/// says about them is left out.
enum RequestHeadWriter {
  private static let own: [StaticString] = [
    "host", "connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "trailer",
    "te", "expect",
  ]

  /// - Throws: `.unreachable` when a field would start a line of its own.
  static func write(_ call: HTTPCall, to url: HTTPURL) throws(HTTPError) -> [UInt8] {
    guard !call.method.isEmpty, call.method.utf8.allSatisfy(\.isToken) else {
      throw .unreachable("the method is not a token")
    }
    var output: [UInt8] = []
    output.reserveCapacity(512)
    output += "\(call.method) \(url.target) HTTP/1.1\r\nhost: \(url.authority)\r\n".utf8
    output += "connection: close\r\n".utf8
    for field in call.fields.fields where !isOwn(field) {
      guard !field.name.isEmpty, field.name.utf8.allSatisfy(\.isToken),
        field.value.utf8.allSatisfy(\.isFieldValue)
      else { throw .unreachable("the header field \(field.name) cannot be sent") }
      output += "\(field.name): \(field.value)\r\n".utf8
    }
    if !call.body.isEmpty || ["POST", "PUT", "PATCH"].contains(call.method) {
      output += "content-length: \(call.body.count)\r\n".utf8
    }
    output += "\r\n".utf8
    return output
  }

  private static func isOwn(_ field: HTTPField) -> Bool {
    var name = field.name
    return name.withUTF8 { bytes in
      let span = bytes.span
      return own.contains { span.isSame(as: $0) }
    }
  }
}
