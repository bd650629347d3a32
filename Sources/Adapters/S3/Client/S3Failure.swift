internal import Ports

/// Why an operation of S3 did not succeed.
struct S3Failure: Error, Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case absent
    case uploadAbsent
    /// S3 said no to a HEAD with this status: only another request can tell why.
    case unexplained(status: Int)
    /// What the call wanted to be the case is not.
    case precondition
    case rangeOutside
    /// S3 will say so again: its code and what it means.
    case refused(code: String, String)
    /// Not carried out; may be, later.
    case unavailable(String)
    /// The bytes that should have come, if anybody said how many.
    case tooLarge(Int64?)
    case cancelled
  }

  var kind: Kind
  /// Whether this or an earlier try may have been carried out.
  var isInDoubt = false
}

extension S3Failure {
  /// A step after one that has changed something: no failure of it means that nothing was done.
  static func inDoubt<Answer>(
    _ body: () async throws(S3Failure) -> Answer
  ) async throws(S3Failure) -> Answer {
    do throws(S3Failure) {
      return try await body()
    } catch {
      throw S3Failure(kind: error.kind, isInDoubt: true)
    }
  }
}

extension ObjectError {
  init(reading failure: S3Failure) {
    switch failure.kind {
    case .absent, .uploadAbsent: self = .notFound
    case .precondition: self = .unavailable("the object changed again and again")
    case .rangeOutside: self = .refused("the range begins beyond the end of the object")
    case .refused(let code, let message): self = .refused("\(message) (\(code))")
    case .unavailable(let message): self = .unavailable(message)
    case .unexplained(let status):
      self = .unavailable("the object store answered with status \(status)")
    case .tooLarge: self = .unavailable("the object store answers with more than there is")
    case .cancelled: self = .unavailable("the call was cancelled")
    }
  }

  init(writing failure: S3Failure) {
    if failure.isInDoubt || failure.kind == .cancelled {
      self = .outcomeUnknown
    } else if failure.kind == .precondition {
      self = .conflict("the object is there already")
    } else {
      self.init(reading: failure)
    }
  }
}
