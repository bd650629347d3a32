internal import Domain
internal import Ports

/// Makes the object of an upload from its parts.
///
/// First the plan is written into the head of the upload, over the very head that was read: whoever
/// completes the upload, in whatever process and however often, follows one plan. Then the content
/// is made, then the object at the key, which is the moment when it becomes visible, then the head
/// says what was made. Every step can be repeated.
struct Completion: Sendable {
  let uploads: PartUploads

  private var client: S3Client { uploads.client }
  private var names: ObjectNames { uploads.names }
  private var configuration: S3Configuration { uploads.client.configuration }

  func complete(_ upload: String, parts count: Int) async throws(S3Failure) -> ObjectSummary {
    for _ in 0..<max(configuration.triesMax, 2) {
      let (head, tag) = try await uploads.read(upload)
      switch head.state {
      case .done: return head.summary ?? ObjectSummary(size: 0, digest: "", contentType: "")
      case .open:
        do throws(S3Failure) {
          let list = PartList(
            client: client, names: names, known: uploads.running.find(upload))
          let plan = try await list.plan(upload, count: count)
          var planned = head
          planned.state = .planned(plan)
          try await uploads.write(planned, of: upload, over: tag)
        } catch {
          // Somebody else was faster, or it was we whose answer was lost: the head tells.
          guard error.kind == .precondition else { throw error }
        }
      case .planned(let plan):
        do throws(S3Failure) {
          return try await carryOut(plan, upload, head)
        } catch {
          // Another call may have completed it and removed the parts under our hands. If that
          // cannot be told, what went wrong first is what counts.
          guard let now = try? await uploads.read(upload), let summary = now.head.summary
          else { throw error }
          return summary
        }
      }
    }
    throw S3Failure(
      kind: .unavailable("the upload \(upload) changed again and again"), isInDoubt: true)
  }

  private func carryOut(
    _ plan: UploadPlan, _ upload: String, _ head: UploadHead
  ) async throws(S3Failure) -> ObjectSummary {
    var leftovers: [String] = []
    let mark: ObjectMark
    var content: [UInt8] = []
    switch plan.way(wholeBytesMax: configuration.mergedPartBytes) {
    case .whole:
      content = try await bytes(of: plan, upload)
      let sum = try await client.digest(of: content)
      mark = ObjectMark(summary(head, plan, sum), writer: upload)
    case .direct(let last):
      let name = names.content(upload, of: head.key)
      try await completeDirect(plan, upload, head, last: last)
      let sum = try await digest(of: plan, upload, name)
      mark = ObjectMark(summary(head, plan, sum), content: upload, writer: upload)
    case .merged:
      let name = names.content(upload + "m", of: head.key)
      if plan.pieces.contains(where: { $0.place == .direct }) {
        try await completeDirect(plan, upload, head, last: nil)
        leftovers.append(names.content(upload, of: head.key))
      }
      let merge = Merge(uploads: uploads, upload: upload, key: head.key)
      let sum = try await merge.make(name, of: plan, ObjectMark.contentType(head.contentType))
      mark = ObjectMark(summary(head, plan, sum), content: upload + "m", writer: upload)
    }
    try await client.put(
      names.object(head.key), content, digest: try await client.digest(of: content), mark.fields)
    var done = head
    done.state = .done(size: mark.summary.size, digest: mark.summary.digest)
    // The object is visible and the upload is not closed: completing again makes it the same.
    try await S3Failure.inDoubt { () throws(S3Failure) in
      try await uploads.write(done, of: upload)
    }
    await tidyUp(plan, upload, head, leftovers)
    return mark.summary
  }

  /// What stays is removed by the sweep.
  private func tidyUp(
    _ plan: UploadPlan, _ upload: String, _ head: UploadHead, _ leftovers: [String]
  ) async {
    uploads.running.remove(upload)
    if !plan.pieces.contains(where: { $0.place == .direct }) {
      try? await client.abortUpload(head.direct, names.content(upload, of: head.key))
    }
    await client.delete(all: leftovers + plan.parts.map { names.part($0.number, of: upload) })
  }

  private func summary(
    _ head: UploadHead, _ plan: UploadPlan, _ sum: [UInt8]
  ) -> ObjectSummary {
    ObjectSummary(
      size: plan.size, digest: client.digest.hexadecimal(digest: sum),
      contentType: head.contentType)
  }

  private func bytes(of plan: UploadPlan, _ upload: String) async throws(S3Failure) -> [UInt8] {
    var content: [UInt8] = []
    content.reserveCapacity(Int(clamping: plan.size))
    for part in plan.pieces { content += try await uploads.bytes(of: part, upload) }
    return content
  }

  /// Completes the upload of S3 that has the large parts, unless that was done before.
  private func completeDirect(
    _ plan: UploadPlan, _ upload: String, _ head: UploadHead, last: PlannedPart?
  ) async throws(S3Failure) {
    let name = names.content(upload, of: head.key)
    let direct = plan.pieces.filter { $0.place == .direct }
    var chosen = direct.map {
      ChosenPart(number: $0.number, tag: $0.tag, checksum: $0.checksum)
    }
    do throws(S3Failure) {
      if let last {
        let bytes = try await uploads.bytes(of: last, upload)
        let sum = try await client.digest(of: bytes)
        chosen.append(
          try await client.putPart(last.number, of: head.direct, name, bytes, digest: sum))
      }
      try await client.completeUpload(head.direct, name, chosen)
    } catch {
      guard error.kind == .uploadAbsent || error.kind == .absent else { throw error }
    }
    let answer = try await client.head(name)
    let size = direct.reduce(last?.size ?? 0) { $0 + $1.size }
    guard answer.field("content-length") == "\(size)" else {
      throw S3Failure(
        kind: .refused(code: "damaged", "the parts of \(upload) are not what they were"))
    }
  }

  /// The digest that was computed on the way, or else of what is read back.
  private func digest(
    of plan: UploadPlan, _ upload: String, _ name: String
  ) async throws(S3Failure) -> [UInt8] {
    if let sum = uploads.running.find(upload)?.finish(plan.parts) { return sum }
    let stream = PieceDigest(client.digest)
    var place: Int64 = 0
    while place < plan.size {
      let range = place..<min(place + Int64(configuration.mergedPartBytes), plan.size)
      let bytes = try await uploads.bytes(range, of: name)
      try await client.onThread { stream.update(bytes) }
      place = range.upperBound
    }
    return stream.finish()
  }
}
