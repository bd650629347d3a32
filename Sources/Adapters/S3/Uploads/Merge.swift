internal import Ports

/// Makes one content of parts of which some are too small for S3, in bounded memory.
struct Merge: Sendable {
  let uploads: PartUploads
  let upload: String
  let key: String

  private var client: S3Client { uploads.client }

  /// - Returns: the digest of the content.
  func make(
    _ name: String, of plan: UploadPlan, _ fields: [(String, String)]
  ) async throws(S3Failure) -> [UInt8] {
    let direct = try await client.startUpload(name, fields)
    do throws(S3Failure) {
      let stream = PieceDigest(client.digest)
      let chosen = try await copy(plan, to: name, direct, stream)
      try await client.completeUpload(direct, name, chosen)
      return stream.finish()
    } catch {
      try? await client.abortUpload(direct, name)
      throw error
    }
  }

  private func copy(
    _ plan: UploadPlan, to name: String, _ direct: String, _ stream: PieceDigest
  ) async throws(S3Failure) -> [ChosenPart] {
    let pieceBytes = client.configuration.mergedPartBytes
    var chosen: [ChosenPart] = []
    var buffer: [UInt8] = []
    // Where the next large part begins in the object that the large parts were made one of.
    var place: Int64 = 0
    for part in plan.pieces {
      var read: Int64 = 0
      while read < part.size {
        let bytes: [UInt8]
        if part.place == .own {
          bytes = try await uploads.bytes(of: part, upload)
        } else {
          let count = min(Int64(pieceBytes), part.size - read)
          let source = uploads.names.content(upload, of: key)
          bytes = try await uploads.bytes(place..<(place + count), of: source)
          place += count
        }
        read += Int64(bytes.count)
        buffer += bytes
        if buffer.count >= pieceBytes {
          chosen.append(try await put(&buffer, chosen.count + 1, name, direct, stream))
        }
      }
    }
    if !buffer.isEmpty {
      chosen.append(try await put(&buffer, chosen.count + 1, name, direct, stream))
    }
    return chosen
  }

  private func put(
    _ buffer: inout [UInt8], _ number: Int, _ name: String, _ direct: String,
    _ stream: PieceDigest
  ) async throws(S3Failure) -> ChosenPart {
    let bytes = buffer
    buffer = []
    try await client.onThread { stream.update(bytes) }
    let sum = try await client.digest(of: bytes)
    return try await client.putPart(number, of: direct, name, bytes, digest: sum)
  }
}

extension PartUploads {
  /// The bytes of a part that is an object of its own.
  func bytes(of part: PlannedPart, _ upload: String) async throws(S3Failure) -> [UInt8] {
    let answer = try await client.get(
      names.part(part.number, of: upload), nil, bytesMax: client.configuration.callBytesMax,
      tag: part.tag)
    guard Int64(answer.body.count) == part.size else { throw .strange("the whole part") }
    return answer.body
  }

  func bytes(_ range: Range<Int64>, of name: String) async throws(S3Failure) -> [UInt8] {
    let answer = try await client.get(name, range, bytesMax: range.count)
    guard answer.body.count == range.count else { throw .strange("the whole range") }
    return answer.body
  }
}
