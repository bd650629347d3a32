internal import Ports
internal import Wire

/// The status of a call as the fields that carry it: `grpc-status`, `grpc-message` and
/// `grpc-status-details-bin` (a `google.rpc.Status`).
enum RPCStatus {
  private static let messageBytesMax = 1_024

  static func fields(_ error: RPCError?) -> HTTPFields {
    guard let error else { return [HTTPField("grpc-status", "0")] }
    let message = String(decoding: error.message.utf8.prefix(messageBytesMax), as: UTF8.self)
    var fields: HTTPFields = [HTTPField("grpc-status", String(error.code.rawValue))]
    if !message.isEmpty { fields.fields.append(HTTPField("grpc-message", encode(message))) }
    if !error.details.isEmpty {
      fields.fields.append(
        HTTPField("grpc-status-details-bin", Base64.encode(details(error, message))))
    }
    return fields
  }

  /// What the fields say; nil when that is OK.
  static func error(_ fields: HTTPFields) -> RPCError? {
    guard let text = fields["grpc-status"], let number = Int(text) else {
      return RPCError(.internal, "the call ended without a status")
    }
    guard number != 0 else { return nil }
    let code = RPCError.Code(rawValue: number) ?? .unknown
    let message = fields["grpc-message"].map(decode) ?? ""
    let details = fields["grpc-status-details-bin"].flatMap { Base64.decode($0.utf8) }
    return RPCError(code, message, details: details.map(read) ?? [])
  }

  /// What an answer means that no gRPC server has given.
  static func error(httpStatus: Int) -> RPCError {
    let code: RPCError.Code =
      switch httpStatus {
      case 400: .internal
      case 401: .unauthenticated
      case 403: .permissionDenied
      case 404: .unimplemented
      case 429, 502, 503, 504: .unavailable
      default: .unknown
      }
    return RPCError(code, "the server answered with HTTP status \(httpStatus)")
  }

  /// What the end of a stream means that came without a status.
  static func error(_ code: HTTP2Code) -> RPCError {
    switch code {
    case .refusedStream: RPCError(.unavailable, "the server did not take the call")
    case .cancel: RPCError(.cancelled, "the other side cancelled the call")
    case .enhanceYourCalm: RPCError(.resourceExhausted, "the server wants fewer calls")
    case .inadequateSecurity: RPCError(.permissionDenied, "the connection is not secure enough")
    case .none, .protocolError, .internalError, .flowControlError, .settingsTimeout,
      .streamClosed, .frameSizeError, .compressionError, .connectError, .http11Required:
      RPCError(.internal, "the stream of the call was reset (\(code))")
    }
  }

  // MARK: - google.rpc.Status

  private static func details(_ error: RPCError, _ message: String) -> [UInt8] {
    var writer = WireWriter()
    writer.int32(1, Int32(error.code.rawValue))
    writer.string(2, message)
    for detail in error.details {
      let mark = writer.begin(3)
      writer.string(1, detail.type)
      writer.data(2, detail.value)
      writer.end(mark)
    }
    return writer.bytes
  }

  /// Details that are no `google.rpc.Status` are none: the status stands without them.
  private static func read(_ bytes: [UInt8]) -> [RPCDetail] {
    do throws(WireError) {
      var details: [RPCDetail] = []
      var reader = try WireReader(bytes)
      while let tag = try reader.nextTag() {
        guard tag == 26 else {
          try reader.skip(tag)
          continue
        }
        let outer = try reader.enter()
        var detail = RPCDetail(type: "", value: [])
        while let tag = try reader.nextTag() {
          switch tag {
          case 10: detail.type = try reader.string()
          case 18: detail.value = try reader.data()
          default: try reader.skip(tag)
          }
        }
        reader.leave(outer)
        details.append(detail)
      }
      return details
    } catch {
      return []
    }
  }

  // MARK: - Percent-encoding

  /// Printable ASCII but the percent sign stays; everything else becomes an escape.
  private static func encode(_ text: String) -> String {
    var encoded: [UInt8] = []
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
      if byte >= 0x20, byte < 0x7f, byte != UInt8(ascii: "%") {
        encoded.append(byte)
      } else {
        encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  /// Broken escapes stay as they are, so that a message is never lost.
  private static func decode(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var decoded: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
        let high = bytes[index + 1].hexDigit, let low = bytes[index + 2].hexDigit
      {
        decoded.append(UInt8(high << 4 | low))
        index += 3
      } else {
        decoded.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: decoded, as: UTF8.self)
  }
}
