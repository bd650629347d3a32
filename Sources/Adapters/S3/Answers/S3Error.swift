/// An error as S3 writes it down.
struct S3Error: Hashable, Sendable {
  let code: String
  let message: String

  /// Nil when the document is no error.
  init?(_ document: XMLElement) {
    guard document.name == "Error", let code = document["Code"], !code.isEmpty else { return nil }
    // They are shown to people and written to logs.
    self.code = String(code.prefix(64))
    message = String((document["Message"] ?? "").filter { !$0.isNewline }.prefix(256))
  }

  var shown: String { message.isEmpty ? code : "\(code): \(message)" }

  /// What the error means and what helps.
  var explanation: String {
    switch code {
    case "SignatureDoesNotMatch":
      "the object store finds the signature wrong: check the secret key and the region, and that "
        + "nothing in between changes requests"
    case "InvalidAccessKeyId":
      "the object store does not know the access key: check it"
    case "RequestTimeTooSkewed":
      "the clocks of this machine and the object store differ too much: set them"
    case "ExpiredToken", "InvalidToken", "TokenRefreshRequired":
      "the session token is not good any more: lend new credentials"
    case "AccessDenied":
      "the credentials do not allow it: allow reading, writing, deleting and listing in the bucket"
    case "NoSuchBucket":
      "there is no such bucket: make it, or name another one"
    case "PermanentRedirect", "AuthorizationHeaderMalformed":
      "the bucket is in another region: name that"
    default: "the object store refuses it: \(message)"
    }
  }

  /// Errors that stay what they are although S3 said success first.
  static func isFinal(_ code: String) -> Bool {
    ["InvalidPart", "InvalidPartOrder", "EntityTooSmall", "NotImplemented", "AccessDenied"]
      .contains(code)
  }
}
