internal import Ports

/// Which fields of a head belong to gRPC itself, and which are metadata.
enum RPCFields {
  static let contentType = "application/grpc"

  /// Whether a request or an answer is gRPC, of any subtype.
  static func isCall(_ fields: HTTPFields) -> Bool {
    fields["content-type"].map { subtype($0) != nil } ?? false
  }

  /// What follows `application/grpc`: empty, or a subtype behind `+`, or nil for another type.
  static func subtype(_ value: String) -> String? {
    let type = value.prefix { $0 != ";" && $0 != " " }.lowercased()
    guard type.hasPrefix(contentType) else { return nil }
    let rest = type.dropFirst(contentType.utf8.count)
    return rest.isEmpty || rest.first == "+" ? String(rest.dropFirst()) : nil
  }

  static func metadata(_ fields: HTTPFields) -> HTTPFields {
    HTTPFields(fields.fields.filter { !isReserved($0.name) })
  }

  /// Whether metadata of this name and value can be sent.
  static func isSendable(_ field: HTTPField) -> Bool {
    !field.name.isEmpty && !isReserved(field.name) && field.name.utf8.allSatisfy(\.isToken)
      && field.value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
  }

  static func size(_ fields: HTTPFields) -> Int {
    fields.fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 32 }
  }

  private static func isReserved(_ name: String) -> Bool {
    if name.hasPrefix("grpc-") || name.hasPrefix(":") { return true }
    switch name {
    case "content-type", "te", "host", "content-length", "connection": return true
    default: return false
    }
  }
}
