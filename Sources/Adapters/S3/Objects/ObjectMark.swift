internal import Ports

/// What an object in the bucket says of itself, in fields that S3 keeps with it.
///
/// S3's own tag is no digest of an object that came in parts, and its content type loses blanks and
/// cannot be empty: so both stand here. An object is its content, or a pointer to one.
struct ObjectMark: Hashable, Sendable {
  var summary: ObjectSummary
  /// Which content the object points to; empty when it is its content itself.
  var content = ""
  /// Which call wrote it: tells one's own write from another one's after a lost answer.
  var writer: String

  var fields: [(String, String)] {
    var fields = [
      ("x-amz-meta-millrace-sha256", summary.digest),
      ("x-amz-meta-millrace-size", "\(summary.size)"),
      ("x-amz-meta-millrace-type", Base64.url.text([UInt8](summary.contentType.utf8))),
      ("x-amz-meta-millrace-writer", writer),
    ]
    if !content.isEmpty { fields.append(("x-amz-meta-millrace-content", content)) }
    return fields + ObjectMark.contentType(summary.contentType)
  }

  /// For whoever reads the object past us.
  static func contentType(_ type: String) -> [(String, String)] {
    let isUsual = !type.isEmpty && type.first != " " && type.last != " "
    return [("content-type", isUsual ? type : "application/octet-stream")]
  }

  init(_ summary: ObjectSummary, content: String = "", writer: String) {
    self.summary = summary
    self.content = content
    self.writer = writer
  }

  /// Nil when the fields are not such ones: somebody else wrote the object.
  init?(_ answer: TransferAnswer) {
    guard let digest = answer.field("x-amz-meta-millrace-sha256"), digest.utf8.count == 64,
      let size = answer.field("x-amz-meta-millrace-size").flatMap({ Int64($0) }), size >= 0,
      let type = Base64.url.bytes(answer.field("x-amz-meta-millrace-type") ?? "")
    else { return nil }
    summary = ObjectSummary(
      size: size, digest: digest, contentType: String(decoding: type, as: UTF8.self))
    content = answer.field("x-amz-meta-millrace-content") ?? ""
    writer = answer.field("x-amz-meta-millrace-writer") ?? ""
  }
}
