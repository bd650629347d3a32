internal import Composition
internal import Domain
internal import Ports

/// Fetches a content, going on where a broken connection ended, and judges it by its SHA-256.
struct ArtifactFetch: Sendable {
  let client: Client
  let artifact: Value

  private static let failuresMax = 10

  /// What has come so far.
  private struct Progress {
    var received: Int64 = 0
    let digest: any DigestStream
  }

  /// - Throws: `.failed` when what came is not what it should be; by then `take` has had all of it.
  func run(_ take: ([UInt8]) throws -> Void) async throws {
    guard artifact["state"]?.string == "ready", let wanted = artifact["sha256"]?.string,
      let size = artifact["size"]?.number
    else {
      throw Failure(
        .conflict, "the content of \(ArtifactVerbs.id(artifact)) has not come yet",
        hint: "wait for its upload to end")
    }
    var progress = Progress(digest: ContentDigests.sha256.begin())
    var failures = 0
    while true {
      do {
        try await receive(&progress, of: Int64(size), tag: "\"sha256-\(wanted)\"", take)
        break
      } catch let failure as Failure where failure.code == .unreachable {
        failures += 1
        guard failures < ArtifactFetch.failuresMax else { throw failure }
        try await client.time.sleep(for: .milliseconds(250 * failures))
      }
    }
    let digest = ContentDigests.sha256.hexadecimal(digest: progress.digest.finish())
    guard digest == wanted else {
      throw Failure(
        .failed, "damaged: its SHA-256 is \(digest) instead of \(wanted)",
        hint: "restore the object store from a backup")
    }
  }

  private func receive(
    _ progress: inout Progress, of size: Int64, tag: String, _ take: ([UInt8]) throws -> Void
  ) async throws {
    var fields: [HTTPField] = []
    if progress.received > 0 {
      guard progress.received < size else { return }
      fields = [
        HTTPField("Range", "bytes=\(progress.received)-"), HTTPField("If-Range", tag),
      ]
    }
    let answer = try await client.send(
      "GET", ArtifactVerbs.path(ArtifactVerbs.id(artifact)) + "/content", fields: fields)
    guard fields.isEmpty || answer.status == 206 else {
      throw Failure(.conflict, "the content has changed while it was fetched", hint: "try again")
    }
    await answer.body.allow(upTo: Int(clamping: size))
    while let piece = try await next(answer.body) {
      progress.digest.update(piece)
      progress.received += Int64(piece.count)
      try take(piece)
    }
    guard progress.received == size else { throw client.unreachable(.disconnected) }
  }

  private func next(_ body: any HTTPBodySource) async throws -> [UInt8]? {
    do throws(HTTPError) {
      return try await body.next()
    } catch {
      throw client.unreachable(error)
    }
  }
}
