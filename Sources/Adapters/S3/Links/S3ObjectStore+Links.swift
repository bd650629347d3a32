internal import Domain
public import Ports

/// Links that let others read and write one object, past this process and without its credentials.
extension S3ObjectStore {
  /// A link to store one content at a key that is free: the object store refuses any other method,
  /// key, length, type or content, and another object at that key.
  ///
  /// - Parameters:
  ///   - summary: the content that will come.
  ///   - lives: whole seconds, at most `putLinkLivesMax`.
  public func presignedPut(
    _ key: String, _ summary: ObjectSummary, lives: Duration
  ) throws(ObjectError) -> S3Link {
    try ObjectKey.check(key)
    try ObjectKey.check(contentType: summary.contentType)
    try check(lives, max: configuration.putLinkLivesMax)
    guard (0...configuration.objectBytesMax).contains(summary.size) else {
      throw .refused(
        "an object has at most \(configuration.objectBytesMax) bytes, not \(summary.size)")
    }
    guard let sum = S3ObjectStore.bytes(hexadecimal: summary.digest) else {
      throw .refused("a digest is SHA-256 in 64 small hexadecimal digits")
    }
    let mark = ObjectMark(summary, writer: client.newID())
    let fields =
      mark.fields + [
        ("content-length", "\(summary.size)"), ("if-none-match", "*"),
        ("x-amz-checksum-sha256", Base64.standard.text(sum)),
      ]
    return link(.put, names.object(key), [], fields, lives)
  }

  /// A link to read an object as it is now, or a range of it.
  ///
  /// The answer is a download of no particular type that no cache keeps, whatever type the object
  /// has: a browser that shows content of strangers trusts it.
  ///
  /// - Parameters:
  ///   - range: must not be empty; the reader sends it as a field.
  ///   - disposition: the field `Content-Disposition` of the answer.
  ///   - lives: whole seconds, at most `getLinkLivesMax`.
  public func presignedGet(
    _ key: String, _ range: Range<Int64>? = nil, disposition: String = "attachment",
    lives: Duration
  ) async throws(ObjectError) -> S3Link {
    try ObjectKey.check(key)
    try check(lives, max: configuration.getLinkLivesMax)
    guard disposition.utf8.count <= 1_024,
      disposition.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
    else { throw .refused("a disposition is printable ASCII of at most 1024 bytes") }
    var fields: [(String, String)] = []
    if let range {
      guard range.lowerBound >= 0, !range.isEmpty else {
        throw .refused("a link to a range has bytes to read")
      }
      fields.append(("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
    }
    let mark = try await ObjectReading(client: client, names: names, key: key).mark()
    let name =
      mark.content.isEmpty ? names.object(key) : names.content(mark.content, of: key)
    let query = [
      ("response-cache-control", "private, no-store"),
      ("response-content-disposition", disposition),
      ("response-content-type", "application/octet-stream"),
    ]
    return link(.get, name, query, fields, lives)
  }

  private func link(
    _ method: TransferRequest.Method, _ name: String, _ query: [(String, String)],
    _ fields: [(String, String)], _ lives: Duration
  ) -> S3Link {
    let now = client.time.now()
    let path = configuration.path(name)
    let request = SignableRequest(
      method: method.rawValue, path: path, query: query,
      fields: fields + [("host", configuration.hostField)])
    let signed = client.signer.linkQuery(of: request, lives: lives, at: SigningTime(now))
    return S3Link(
      method: method.rawValue,
      url: "\(configuration.origin)\(PercentEncoding.path(path))?\(signed)",
      fields: fields.map { S3Link.Field(name: $0.0, value: $0.1) }, expires: now + lives)
  }

  private func check(_ lives: Duration, max longest: Duration) throws(ObjectError) {
    guard lives >= .seconds(1), lives <= longest, lives.components.attoseconds == 0 else {
      throw .refused(
        "a link lives 1 to \(longest.components.seconds) whole seconds, not \(lives)")
    }
  }

  private static func bytes(hexadecimal text: String) -> [UInt8]? {
    guard text.utf8.count == 64, text == text.lowercased() else { return nil }
    var bytes: [UInt8] = []
    var rest = Substring(text)
    while !rest.isEmpty {
      guard rest.first?.isHexDigit == true, let byte = UInt8(rest.prefix(2), radix: 16) else {
        return nil
      }
      bytes.append(byte)
      rest = rest.dropFirst(2)
    }
    return bytes
  }
}
