internal import Domain
internal import Ports

/// Uploads in parts: begun, fed, aborted; `Completion` ends them.
///
/// Parts that S3 takes as such (5 MiB and more) go into an upload of S3 at once, so that completing
/// costs nothing. Smaller ones are objects of their own. Either leaves an object under the number
/// of the part, the large ones a note, so that the last part of a number is the one that counts,
/// and one list tells of all.
struct PartUploads: Sendable {
  let client: S3Client
  let names: ObjectNames
  let running: RunningDigests

  private var configuration: S3Configuration { client.configuration }

  func start(_ key: String, contentType: String) async throws(S3Failure) -> String {
    let upload = client.newID()
    let direct = try await client.startUpload(
      names.content(upload, of: key), ObjectMark.contentType(contentType))
    let head = UploadHead(key: key, contentType: contentType, direct: direct)
    do throws(S3Failure) {
      try await write(head, of: upload)
    } catch {
      // Nobody knows its name: what is left goes with the sweep.
      try? await client.abortUpload(direct, names.content(upload, of: key))
      throw error
    }
    running.begin(upload, client.digest)
    return upload
  }

  func put(_ number: Int, of upload: String, _ bytes: [UInt8]) async throws(S3Failure) {
    let head = try await read(upload).head
    guard head.state == .open else { throw PartUploads.isComplete(upload) }
    let sum = try await client.digest(of: bytes)
    let digest = running.find(upload)
    async let added: Void = add(number, bytes, sum, to: digest)
    let result = await store(number, of: upload, head, bytes, sum)
    await added
    let stored = try result.get()
    digest?.arrived(stored.part, listedTag: stored.listedTag)
  }

  func abort(_ upload: String) async throws(S3Failure) {
    let head: UploadHead
    do throws(S3Failure) {
      head = try await read(upload).head
    } catch {
      if error.kind == .absent { return }
      throw error
    }
    if head.summary != nil { return }
    // First what makes it an upload. It is forgotten then, and what cannot be removed now has no
    // name but for the sweep.
    try await client.delete(names.head(upload))
    running.remove(upload)
    try? await client.abortUpload(head.direct, names.content(upload, of: head.key))
    try? await removeParts(of: upload)
  }

  /// What an upload is, and the tag of what says so.
  ///
  /// - Throws: `.absent` for what is no upload.
  func read(_ upload: String) async throws(S3Failure) -> (head: UploadHead, tag: String) {
    guard ObjectNames.isUpload(upload) else { throw S3Failure(kind: .absent) }
    let answer = try await client.get(
      names.head(upload), nil, bytesMax: configuration.documentBytesMax)
    guard let head = UploadHead(decoding: answer.body) else {
      throw S3Failure(
        kind: .refused(
          code: "damaged", "the head of the upload \(upload) is damaged: abort it and start anew"))
    }
    return (head, answer.tag)
  }

  /// - Parameter tag: of the head that this one replaces, if it is still there.
  func write(
    _ head: UploadHead, of upload: String, over tag: String? = nil
  ) async throws(S3Failure) {
    let bytes = head.encoded
    var fields = [("content-type", "text/plain")]
    if let tag { fields.append(("if-match", "\"\(tag)\"")) }
    let sum = try await client.digest(of: bytes)
    try await client.put(names.head(upload), bytes, digest: sum, fields)
  }

  /// Removes the parts that are objects of their own, page by page.
  func removeParts(of upload: String) async throws(S3Failure) {
    var place: String?
    repeat {
      let page = try await client.list(names.parts(upload), from: place)
      await client.delete(all: page.items.map(\.name))
      place = page.next
    } while place != nil
  }

  private func add(
    _ number: Int, _ bytes: [UInt8], _ sum: [UInt8], to digest: RunningDigest?
  ) async {
    guard let digest else { return }
    // What is not added is read back.
    try? await client.onThread { digest.add(number, bytes, digest: sum) }
  }

  private typealias Stored = (part: PlannedPart, listedTag: String)

  private func store(
    _ number: Int, of upload: String, _ head: UploadHead, _ bytes: [UInt8], _ sum: [UInt8]
  ) async -> Result<Stored, S3Failure> {
    do throws(S3Failure) {
      let own = names.part(number, of: upload)
      if bytes.count < configuration.directPartBytesMin {
        let tag = try await client.put(own, bytes, digest: sum, [])
        let part = PlannedPart(
          number: number, size: Int64(bytes.count), place: .own, tag: tag)
        return .success((part, tag))
      }
      let name = names.content(upload, of: head.key)
      let part = try await client.putPart(number, of: head.direct, name, bytes, digest: sum)
      let planned = PlannedPart(
        number: number, size: Int64(bytes.count), place: .direct, tag: part.tag,
        checksum: part.checksum)
      // The part may have taken the place of an earlier one, whose note is still there.
      let tag = try await S3Failure.inDoubt { () throws(S3Failure) in
        try await client.put(
          own, planned.note, digest: client.digest.digest(planned.note), planned.noteFields)
      }
      return .success((planned, tag))
    } catch {
      guard error.kind == .uploadAbsent, !error.isInDoubt else { return .failure(error) }
      return .failure(await whyAbsent(upload))
    }
  }

  /// S3 knows its upload no more: it was completed, aborted or swept since we looked.
  private func whyAbsent(_ upload: String) async -> S3Failure {
    do throws(S3Failure) {
      let head = try await read(upload).head
      return head.state == .open ? S3Failure(kind: .absent) : PartUploads.isComplete(upload)
    } catch {
      return error
    }
  }

  private static func isComplete(_ upload: String) -> S3Failure {
    S3Failure(kind: .refused(code: "complete", "the upload \(upload) is complete"))
  }
}
