internal import Domain
internal import Ports

/// Reads one object of the store, through its pointer if it is one.
///
/// An object may be replaced between two requests: contents that were pointed to are then gone, and
/// tags differ. Reading begins anew then, a few times.
struct ObjectReading: Sendable {
  let client: S3Client
  let names: ObjectNames
  let key: String

  private var configuration: S3Configuration { client.configuration }

  func mark() async throws(ObjectError) -> ObjectMark {
    try await reading { () throws(S3Failure) in try await client.head(names.object(key)) }.mark
  }

  func found() async throws(ObjectError) -> FoundObject {
    let (mark, answer) = try await reading { () throws(S3Failure) in
      try await client.head(names.object(key))
    }
    return FoundObject(
      key: key, summary: mark.summary,
      version: (mark.content.isEmpty ? Version.own(tag: answer.tag) : .content(mark.content)).text)
  }

  /// A part of what was found, by one request.
  func part(
    of found: FoundObject, _ range: Range<Int64>
  ) async throws(ObjectError) -> [UInt8] {
    guard range.lowerBound >= 0 else {
      throw .refused("the range of \(key) begins at \(range.lowerBound)")
    }
    let wanted = try wanted(range, of: found.summary.size)
    let there: [UInt8]?
    switch Version(found.version) {
    case nil: there = nil
    case _ where wanted.isEmpty: there = []
    case .own(let tag)?: there = try await bytes(names.object(key), wanted, tag: tag)
    case .content(let content)?:
      there = try await bytes(names.content(content, of: key), wanted, tag: nil)
    }
    guard let there else { throw .notFound }
    return there
  }

  /// By what one version of an object is told from others.
  private enum Version {
    /// The object is its content; S3 calls it so.
    case own(tag: String)
    /// The object points to this content, whose name is never used again.
    case content(String)

    var text: String {
      switch self {
      case .own(let tag): "=\(tag)"
      case .content(let content): "~\(content)"
      }
    }

    /// Nil for what was never given out.
    init?(_ text: String) {
      let rest = String(text.dropFirst())
      switch text.first {
      case "="? where !rest.isEmpty: self = .own(tag: rest)
      case "~"? where !rest.isEmpty: self = .content(rest)
      default: return nil
      }
    }
  }

  /// The whole content, compared with its digest.
  func whole() async throws(ObjectError) -> [UInt8] {
    var fault = ""
    for _ in 0..<max(configuration.triesMax, 2) {
      let (mark, answer) = try await reading { () throws(S3Failure) in
        try await client.get(names.object(key), nil, bytesMax: configuration.callBytesMax)
      }
      var bytes = answer.body
      if !mark.content.isEmpty {
        try check(mark)
        guard let found = try await content(mark, 0..<mark.summary.size) else {
          fault = "is gone"
          continue
        }
        bytes = found
      }
      // What was damaged on its way comes whole the next time.
      let sum = try await again { () throws(S3Failure) in try await client.digest(of: bytes) }
      if client.digest.hexadecimal(digest: sum) == mark.summary.digest { return bytes }
      fault = "is damaged"
    }
    throw .conflict("the content of \(key) \(fault): restore it from a backup")
  }

  /// A part, cut at the end; its beginning is not negative.
  func part(_ range: Range<Int64>) async throws(ObjectError) -> [UInt8] {
    for _ in 0..<max(configuration.triesMax, 2) {
      let (mark, answer) = try await reading { () throws(S3Failure) in
        try await client.head(names.object(key))
      }
      let wanted = try wanted(range, of: mark.summary.size)
      if wanted.isEmpty { return [] }
      if mark.content.isEmpty {
        if let bytes = try await bytes(names.object(key), wanted, tag: answer.tag) { return bytes }
      } else if let bytes = try await content(mark, wanted) {
        return bytes
      }
    }
    throw .conflict("the content of \(key) is gone: restore it from a backup")
  }

  /// Nil when the content is not there any more.
  private func content(
    _ mark: ObjectMark, _ range: Range<Int64>
  ) async throws(ObjectError) -> [UInt8]? {
    if range.isEmpty { return [] }
    return try await bytes(names.content(mark.content, of: key), range, tag: nil)
  }

  private func bytes(
    _ name: String, _ range: Range<Int64>, tag: String?
  ) async throws(ObjectError) -> [UInt8]? {
    do throws(S3Failure) {
      let answer = try await client.get(name, range, bytesMax: range.count, tag: tag)
      guard answer.body.count == range.count else { throw .strange("the whole range") }
      return answer.body
    } catch {
      switch error.kind {
      case .absent, .precondition, .rangeOutside: return nil
      default: throw ObjectError(reading: error)
      }
    }
  }

  private func reading(
    _ body: () async throws(S3Failure) -> TransferAnswer
  ) async throws(ObjectError) -> (mark: ObjectMark, answer: TransferAnswer) {
    let answer: TransferAnswer
    do throws(S3Failure) {
      answer = try await body()
    } catch {
      if case .tooLarge(let size) = error.kind { throw tooLarge(size) }
      throw ObjectError(reading: error)
    }
    guard let mark = ObjectMark(answer),
      !mark.content.isEmpty
        || answer.field("content-length").map({ $0 == "\(mark.summary.size)" }) ?? true
    else {
      throw .conflict("the object at \(key) was not written by Millrace: remove or restore it")
    }
    return (mark, answer)
  }

  private func again<Answer>(
    _ body: () async throws(S3Failure) -> Answer
  ) async throws(ObjectError) -> Answer {
    do throws(S3Failure) {
      return try await body()
    } catch {
      throw ObjectError(reading: error)
    }
  }

  private func wanted(
    _ range: Range<Int64>, of size: Int64
  ) throws(ObjectError) -> Range<Int64> {
    guard range.lowerBound <= size else {
      throw .refused("\(key) has \(size) bytes; the range begins at \(range.lowerBound)")
    }
    let end = min(range.upperBound, size)
    guard end - range.lowerBound <= Int64(configuration.callBytesMax) else {
      throw .refused("one call reads at most \(configuration.callBytesMax) bytes of \(key)")
    }
    return range.lowerBound..<end
  }

  private func check(_ mark: ObjectMark) throws(ObjectError) {
    guard mark.summary.size <= Int64(configuration.callBytesMax) else {
      throw tooLarge(mark.summary.size)
    }
  }

  private func tooLarge(_ size: Int64?) -> ObjectError {
    .refused(
      "\(key) has \(size.map { "\($0)" } ?? "too many") bytes: read it in ranges of at most "
        + "\(configuration.callBytesMax)")
  }
}
