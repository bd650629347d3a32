internal import ArtifactCore
internal import Domain
internal import Ports
internal import ServiceKit

/// Writes to the object store, again and again until it answers or the tries are spent.
///
/// Every write can be repeated: a key has one content ever, and parts replace themselves.
struct ObjectWriter: Sendable {
  let ports: ArtifactPorts

  /// Stores a content whole.
  func put(
    _ bytes: [UInt8], _ content: Content, at key: String, contentType: String
  ) async throws(Problem) {
    let summary = try await trying { () throws(ObjectError) -> ObjectSummary in
      do throws(ObjectError) {
        return try await ports.objects.put(
          key, bytes, contentType: contentType, ifAbsent: true)
      } catch .conflict {
        // An earlier try whose answer was lost: nobody else knows this key.
        return try await ports.objects.head(key)
      }
    }
    try check(summary, content)
  }

  /// Starts an upload in parts. One whose answer was lost stays in the store until that sweeps it.
  func start(_ key: String, contentType: String) async throws(Problem) -> String {
    try await trying { () throws(ObjectError) in
      try await ports.objects.startUpload(key, contentType: contentType)
    }
  }

  func put(part number: Int, of upload: String, _ bytes: [UInt8]) async throws(Problem) {
    try await trying { () throws(ObjectError) in
      try await ports.objects.putPart(upload: upload, number: number, bytes)
    }
  }

  /// What the store holds once all parts are one object.
  func complete(_ upload: String, parts: Int) async throws(Problem) -> Content {
    let summary = try await trying { () throws(ObjectError) in
      try await ports.objects.completeUpload(upload, parts: parts)
    }
    guard let digest = ContentDigest(hexadecimal: summary.digest) else {
      throw Problem(500, "store-broken", "the object store answered with a broken digest")
    }
    return Content(size: summary.size, digest: digest)
  }

  /// True when surely none of the objects is left.
  func delete(_ blobs: [Artifact.Blob]) async -> Bool {
    var isSure = true
    for blob in blobs {
      do throws(Problem) {
        if !blob.upload.isEmpty {
          try await trying { () throws(ObjectError) in
            try await ports.objects.abortUpload(blob.upload)
          }
        }
        try await trying { () throws(ObjectError) in try await ports.objects.delete(blob.key) }
      } catch {
        isSure = false
      }
    }
    return isSure
  }

  /// - Throws: when the store says that it holds something else than was sent.
  private func check(_ summary: ObjectSummary, _ content: Content) throws(Problem) {
    guard summary.size == content.size, summary.digest == content.digest.hexadecimal else {
      ports.context.telemetry.log(
        .error, "object.differs",
        [("sent", content.digest.hexadecimal), ("stored", summary.digest)])
      throw Problem.unavailable("the object store holds something else than was sent")
    }
  }

  private func trying<Answer>(
    _ body: () async throws(ObjectError) -> Answer
  ) async throws(Problem) -> Answer {
    var wait = ports.configuration.storeRetryWait
    var triesLeft = ports.configuration.storeTries
    while true {
      do throws(ObjectError) {
        return try await body()
      } catch {
        triesLeft -= 1
        switch error {
        case .outcomeUnknown, .unavailable:
          guard triesLeft > 0, !Task.isCancelled else { throw Problem(error) }
        case .notFound, .conflict, .refused:
          throw Problem(error)
        }
      }
      try? await ports.context.time.sleep(for: wait)
      wait *= 2
    }
  }
}

/// The table from the object store's errors to public codes.
extension Problem {
  init(_ error: ObjectError) {
    switch error {
    case .notFound:
      self.init(409, "upload-gone", "the object store has forgotten this upload; begin anew")
    case .conflict:
      self.init(500, "content-damaged", "the stored content is damaged: restore it from a backup")
    case .outcomeUnknown, .unavailable:
      self = .unavailable("the object store does not answer")
    case .refused(let why):
      self.init(422, "refused", why)
    }
  }
}
