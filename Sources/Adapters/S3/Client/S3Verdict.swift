/// What an answer of S3 means for the one who asked.
///
/// | answer | kind | tried again | in doubt |
/// |---|---|---|---|
/// | 2xx | success, unless the document is an error | | |
/// | 404 with S3's code | absent, or refused when the bucket is missing | no | no |
/// | 412, 416 | as they say | no | no |
/// | 409 of a race, 503 `SlowDown`, 429, bytes damaged on their way | unavailable | yes | no |
/// | other 5xx, no S3 at all | unavailable | yes | yes |
/// | everything else | refused | no | no |
enum S3Verdict {
  case success
  case failure(S3Failure, isRetried: Bool)

  init(_ answer: TransferAnswer, to call: S3Call) {
    if (200...299).contains(answer.status) {
      guard call.mayFailLate else {
        self = .success
        return
      }
      guard let document = XMLReader.root(answer.body) else {
        self = .unsure("the object store's answer is cut or no answer of S3")
        return
      }
      // Success was said before it was known: the error has no status of its own.
      self = document.name == "Error" ? S3Verdict(500, S3Error(document)) : .success
      return
    }
    if call.method == .head, (400...499).contains(answer.status) {
      self = .final(.unexplained(status: answer.status))
      return
    }
    self.init(answer.status, XMLReader.root(answer.body).flatMap(S3Error.init))
  }

  private init(_ status: Int, _ error: S3Error?) {
    switch (status, error?.code) {
    case (404, "NoSuchUpload"?), (500, "NoSuchUpload"?): self = .final(.uploadAbsent)
    case (404, "NoSuchKey"?): self = .final(.absent)
    case (412, _): self = .final(.precondition)
    case (416, _): self = .final(.rangeOutside)
    case (409, "ConditionalRequestConflict"?), (409, "OperationAborted"?), (503, "SlowDown"?),
      (400, "RequestTimeout"?), (400, "BadDigest"?), (400, "IncompleteBody"?),
      (400, "XAmzContentSHA256Mismatch"?), (400, "XAmzContentChecksumMismatch"?), (429, _):
      self = .again(status, error)
    case (500..., let code?) where S3Error.isFinal(code):
      self = .final(.refused(code: code, error?.explanation ?? ""))
    case (500..., _):
      self = .unsure(error?.shown ?? "the object store answered with status \(status)")
    case (300...399, _):
      self = .final(
        .refused(
          code: error?.code ?? "\(status)",
          "the object store points elsewhere: name the region and the address of the bucket"))
    case (_, let code?):
      self = .final(.refused(code: code, error?.explanation ?? ""))
    case (_, nil):
      self = .unsure("what answered with status \(status) is no object store")
    }
  }

  private static func final(_ kind: S3Failure.Kind) -> S3Verdict {
    .failure(S3Failure(kind: kind), isRetried: false)
  }

  private static func again(_ status: Int, _ error: S3Error?) -> S3Verdict {
    let message = error?.shown ?? "the object store answered with status \(status)"
    return .failure(S3Failure(kind: .unavailable(message)), isRetried: true)
  }

  private static func unsure(_ message: String) -> S3Verdict {
    .failure(S3Failure(kind: .unavailable(message), isInDoubt: true), isRetried: true)
  }
}
