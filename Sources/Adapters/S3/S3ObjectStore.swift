internal import Domain
public import Ports
public import SystemAdapter

/// The object store on a server that speaks S3. See `ObjectStore` for what it promises.
///
/// An object is one object of S3 that holds its content, or points to one that came in parts; it
/// becomes visible by one write (decision 16). Requests go through libcurl on the event loop, over
/// connections that are kept. Everything that is sent has its SHA-256 with it, and contents that
/// are read whole are compared with theirs. What may be repeated is repeated a few times.
///
/// Several processes may share a bucket and a prefix; nothing else may write below that.
public final class S3ObjectStore: ObjectStore {
  let client: S3Client
  let names: ObjectNames
  let uploads: PartUploads

  var configuration: S3Configuration { client.configuration }

  /// - Parameters:
  ///   - loop: runs the transfers; ends after the store is closed.
  ///   - digest: SHA-256: anything else is refused by every server.
  public init(
    _ configuration: S3Configuration, on loop: EventLoop, digest: any Digest, time: any Time,
    randomness: any Randomness, telemetry: any Telemetry
  ) {
    client = S3Client(
      configuration: configuration, digest: digest, time: time, randomness: randomness,
      telemetry: telemetry,
      transfers: TransferLoop(configuration, on: loop, time: time),
      pool: BlockingPool(name: "s3-digest", threads: 1, waitingMax: configuration.waitingMax),
      signer: RequestSigner(
        credentials: configuration.credentials, region: configuration.region, digest: digest))
    names = ObjectNames(prefix: configuration.prefix)
    uploads = PartUploads(
      client: client, names: names,
      running: RunningDigests(
        countMax: configuration.runningDigestsMax,
        earlyBytesMax: configuration.earlyPartBytesMax))
  }

  /// Ends the requests under way, of which writes are then in doubt, and refuses new ones.
  public func close() async {
    await client.transfers.close()
    await client.pool.end()
  }

  @discardableResult
  public func put(
    _ key: String, _ bytes: [UInt8], contentType: String, ifAbsent: Bool
  ) async throws(ObjectError) -> ObjectSummary {
    try ObjectKey.check(key)
    try ObjectKey.check(contentType: contentType)
    try checkLength(bytes.count)
    return try await writing { () throws(S3Failure) in
      let sum = try await client.digest(of: bytes)
      let summary = ObjectSummary(
        size: Int64(bytes.count), digest: client.digest.hexadecimal(digest: sum),
        contentType: contentType)
      let mark = ObjectMark(summary, writer: client.newID())
      let condition = ifAbsent ? [("if-none-match", "*")] : []
      do throws(S3Failure) {
        try await client.put(names.object(key), bytes, digest: sum, mark.fields + condition)
      } catch {
        // It may have been an earlier try of this very call that took the key.
        guard error.kind == .precondition, error.isInDoubt else { throw error }
        let there = try await S3Failure.inDoubt { () throws(S3Failure) in
          ObjectMark(try await client.head(names.object(key)))
        }
        guard there?.writer == mark.writer else { throw S3Failure(kind: .precondition) }
      }
      return summary
    }
  }

  public func get(_ key: String, _ range: Range<Int64>?) async throws(ObjectError) -> [UInt8] {
    try ObjectKey.check(key)
    if let range {
      guard range.lowerBound >= 0 else {
        throw .refused("the range of \(key) begins at \(range.lowerBound)")
      }
    }
    let reading = ObjectReading(client: client, names: names, key: key)
    guard let range else { return try await reading.whole() }
    return try await reading.part(range)
  }

  public func look(_ key: String) async throws(ObjectError) -> FoundObject {
    try ObjectKey.check(key)
    return try await ObjectReading(client: client, names: names, key: key).found()
  }

  public func get(
    _ found: FoundObject, _ range: Range<Int64>
  ) async throws(ObjectError) -> [UInt8] {
    try ObjectKey.check(found.key)
    return try await ObjectReading(client: client, names: names, key: found.key)
      .part(of: found, range)
  }

  public func delete(_ key: String) async throws(ObjectError) {
    try ObjectKey.check(key)
    try await writing { () throws(S3Failure) in
      let name = names.object(key)
      var content = ""
      do throws(S3Failure) {
        content =
          ObjectMark(try await client.send(S3Call(method: .head, name: name)))?.content ?? ""
      } catch {
        // Deleting tells why there was no answer.
        guard error.kind != .cancelled else { throw error }
      }
      try await client.delete(name)
      // Nothing points to it any more: if it cannot be removed now, the sweep does it.
      if !content.isEmpty { try? await client.delete(names.content(content, of: key)) }
    }
  }

  /// One request. Contents that came in parts stand between the objects and make pages short; a
  /// cursor is the server's token, and some servers take others as well.
  public func keys(
    limit: Int, cursor: String?
  ) async throws(ObjectError) -> (keys: [String], next: String?) {
    try ObjectKey.check(limit: limit)
    do throws(S3Failure) {
      let page = try await client.list(names.objects, from: cursor, limit: limit)
      return (page.items.compactMap { names.key($0.name) }, page.next)
    } catch {
      throw ObjectError(reading: error)
    }
  }

  public func startUpload(
    _ key: String, contentType: String
  ) async throws(ObjectError) -> String {
    try ObjectKey.check(key)
    try ObjectKey.check(contentType: contentType)
    return try await writing { () throws(S3Failure) in
      try await uploads.start(key, contentType: contentType)
    }
  }

  public func putPart(
    upload: String, number: Int, _ bytes: [UInt8]
  ) async throws(ObjectError) {
    try checkLength(bytes.count)
    guard ObjectNames.isUpload(upload) else { throw .notFound }
    guard (1...configuration.partsMax).contains(number) else {
      throw .refused("parts are numbered from 1 to \(configuration.partsMax), not \(number)")
    }
    try await writing { () throws(S3Failure) in
      try await uploads.put(number, of: upload, bytes)
    }
  }

  public func completeUpload(
    _ upload: String, parts: Int
  ) async throws(ObjectError) -> ObjectSummary {
    guard ObjectNames.isUpload(upload) else { throw .notFound }
    guard (1...configuration.partsMax).contains(parts) else {
      throw .refused("an upload has 1 to \(configuration.partsMax) parts, not \(parts)")
    }
    return try await writing { () throws(S3Failure) in
      try await Completion(uploads: uploads).complete(upload, parts: parts)
    }
  }

  public func abortUpload(_ upload: String) async throws(ObjectError) {
    guard ObjectNames.isUpload(upload) else { return }
    try await writing { () throws(S3Failure) in try await uploads.abort(upload) }
  }

  private func checkLength(_ count: Int) throws(ObjectError) {
    guard count <= configuration.callBytesMax, Int64(count) <= configuration.objectBytesMax
    else {
      throw .refused(
        "one call stores at most \(configuration.callBytesMax) bytes, not \(count): upload it in "
          + "parts")
    }
  }

  private func writing<Answer>(
    _ body: () async throws(S3Failure) -> Answer
  ) async throws(ObjectError) -> Answer {
    do throws(S3Failure) {
      return try await body()
    } catch {
      throw ObjectError(writing: error)
    }
  }
}
