internal import Domain
internal import Ports

/// Signs requests as AWS Signature Version 4 says, for S3: paths are encoded once, and the hash of
/// the body is a field of the request.
///
/// libcurl can sign as well (`CURLOPT_AWS_SIGV4`), but 7.88 does not sort queries, signs no fields
/// but those of Amazon, sends no hash of a body that it uploads, and makes no links (decision 16).
struct RequestSigner: Sendable {
  /// What stands in place of the hash of a body that the signer does not know.
  static let unsignedPayload = "UNSIGNED-PAYLOAD"
  private static let algorithm = "AWS4-HMAC-SHA256"

  let credentials: S3Credentials
  let region: String
  let digest: any Digest

  /// The value of the field `Authorization`. All fields of the request are signed.
  ///
  /// - Parameter payload: the SHA-256 of the body in hexadecimal; also the value of the field
  ///   `x-amz-content-sha256`.
  func authorization(
    of request: SignableRequest, payload: String, at time: SigningTime
  ) -> String {
    let names = RequestSigner.signedNames(request.fields)
    let signature = signature(of: request, payload: payload, at: time)
    return "\(RequestSigner.algorithm) Credential=\(credentials.accessKey)/\(scope(time)),"
      + "SignedHeaders=\(names),Signature=\(signature)"
  }

  /// The query of a link that whoever has it may use for a time: the request's own query and the
  /// signature. All fields are signed: who uses the link sends them as they are.
  func linkQuery(
    of request: SignableRequest, lives: Duration, at time: SigningTime
  ) -> String {
    var request = request
    request.query += [
      ("X-Amz-Algorithm", RequestSigner.algorithm),
      ("X-Amz-Credential", "\(credentials.accessKey)/\(scope(time))"),
      ("X-Amz-Date", time.second),
      ("X-Amz-Expires", "\(lives.components.seconds)"),
      ("X-Amz-SignedHeaders", RequestSigner.signedNames(request.fields)),
    ]
    if let token = credentials.sessionToken {
      request.query.append(("X-Amz-Security-Token", token))
    }
    let signature = signature(of: request, payload: RequestSigner.unsignedPayload, at: time)
    return RequestSigner.canonicalQuery(request.query) + "&X-Amz-Signature=\(signature)"
  }

  func signature(of request: SignableRequest, payload: String, at time: SigningTime) -> String {
    let canonical = RequestSigner.canonical(request, payload: payload)
    let text = [
      RequestSigner.algorithm, time.second, scope(time),
      digest.hexadecimal(of: [UInt8](canonical.utf8)),
    ].joined(separator: "\n")
    return digest.hexadecimal(
      digest: digest.authenticationCode(of: [UInt8](text.utf8), key: key(time)))
  }

  static func canonical(_ request: SignableRequest, payload: String) -> String {
    let fields = request.fields.sorted { isBefore($0.name, $1.name) }
    return [
      request.method, PercentEncoding.path(request.path), canonicalQuery(request.query),
      fields.map { "\($0.name):\(canonicalValue($0.value))\n" }.joined(),
      signedNames(request.fields), payload,
    ].joined(separator: "\n")
  }

  /// Encoded and in the order that signatures want. The same text is sent.
  static func canonicalQuery(_ query: [(name: String, value: String)]) -> String {
    query.map { (PercentEncoding.component($0.name), PercentEncoding.component($0.value)) }
      .sorted { $0.0 == $1.0 ? isBefore($0.1, $1.1) : isBefore($0.0, $1.0) }
      .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
  }

  private static func signedNames(_ fields: [(name: String, value: String)]) -> String {
    fields.map(\.name).sorted(by: isBefore).joined(separator: ";")
  }

  /// Without blanks around it, and with one in place of several.
  private static func canonicalValue(_ value: String) -> String {
    value.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
  }

  private static func isBefore(_ one: String, _ other: String) -> Bool {
    one.utf8.lexicographicallyPrecedes(other.utf8)
  }

  private func scope(_ time: SigningTime) -> String { "\(time.day)/\(region)/s3/aws4_request" }

  private func key(_ time: SigningTime) -> [UInt8] {
    [time.day, region, "s3", "aws4_request"].reduce([UInt8]("AWS4\(credentials.secretKey)".utf8)) {
      digest.authenticationCode(of: [UInt8]($1.utf8), key: $0)
    }
  }
}

extension SigningTime {
  init(_ moment: Moment) {
    // As in 2013-05-24T00:00:00.000000Z.
    let text = moment.text.prefix(19).filter { $0 != "-" && $0 != ":" }
    second = text + "Z"
  }
}
