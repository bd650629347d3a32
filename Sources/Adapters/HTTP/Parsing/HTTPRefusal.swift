/// Why bytes are not a message that we accept, as the answer to give.
struct HTTPRefusal: Error, Hashable, Sendable {
  var status: Int
  /// Stable, for programs.
  var code: String
  /// For people: what is wrong and what to do.
  var detail: String

  init(_ status: Int, _ code: String, _ detail: String) {
    self.status = status
    self.code = code
    self.detail = detail
  }

  static func malformed(_ detail: String) -> HTTPRefusal {
    HTTPRefusal(400, "malformed-request", detail)
  }

  static func headTooLarge(_ bytesMax: Int) -> HTTPRefusal {
    HTTPRefusal(
      431, "head-too-large", "the head of the request is larger than \(bytesMax) bytes")
  }

  static func tooManyFields(_ fieldsMax: Int) -> HTTPRefusal {
    HTTPRefusal(431, "too-many-fields", "the request has more than \(fieldsMax) header fields")
  }

  static let targetTooLong = HTTPRefusal(
    414, "target-too-long", "the request line is longer than this server accepts")
  static let timedOut = HTTPRefusal(
    408, "request-timeout", "the request did not arrive in time")
}
