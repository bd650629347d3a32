internal import Ports

/// How the end of an answer's body is told.
enum ResponseFraming: Hashable, Sendable {
  case length(Int)
  case chunked
  /// By closing; for HTTP/1.0.
  case untilClosed
  /// There is none, as with 204.
  case none
}

/// Writes the head of an answer. Framing and connection belong to the server: what a handler says
/// about them is left out.
enum ResponseHeadWriter {
  private static let own: [StaticString] = [
    "connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "trailer", "date",
  ]

  /// Whether every field can be written without starting a line of its own, and the status is one
  /// that ends an exchange.
  static func isValid(_ response: HTTPResponse) -> Bool {
    (200..<600).contains(response.status)
      && response.fields.fields.allSatisfy { field in
        !field.name.isEmpty && field.name.utf8.allSatisfy(\.isToken)
          && field.value.utf8.allSatisfy(\.isFieldValue)
      }
  }

  static func write(
    _ response: HTTPResponse, framing: ResponseFraming, keepsAlive: Bool, date: [UInt8],
    to output: inout [UInt8]
  ) {
    output += "HTTP/1.1 ".utf8
    output += String(response.status).utf8
    output.append(.space)
    append(StatusPhrase.of(response.status), to: &output)
    output += "\r\ndate: ".utf8
    output += date
    for field in response.fields.fields where !isOwn(field) {
      output += "\r\n".utf8
      output += field.name.utf8
      output += ": ".utf8
      output += field.value.utf8
    }
    switch framing {
    case .length(let length):
      output += "\r\ncontent-length: ".utf8
      output += String(length).utf8
    case .chunked:
      output += "\r\ntransfer-encoding: chunked".utf8
    case .untilClosed, .none:
      break
    }
    if !keepsAlive { output += "\r\nconnection: close".utf8 }
    output += "\r\n\r\n".utf8
  }

  static func isOwn(_ field: HTTPField) -> Bool {
    var name = field.name
    return name.withUTF8 { bytes in
      let span = bytes.span
      return own.contains { span.isSame(as: $0) }
    }
  }

  private static func append(_ text: StaticString, to output: inout [UInt8]) {
    text.withUTF8Buffer { output.append(contentsOf: $0) }
  }
}
