internal import ArtifactCore
internal import Domain
internal import Ports
internal import ServiceKit

/// A body on its way into the object store: hashed and counted while it flows, at most one part of
/// it in memory.
struct ContentStream: Sendable {
  let ports: ArtifactPorts
  let body: any HTTPBodySource
  /// What was announced.
  let size: Int64

  /// Reads the body to its end and keeps nothing of it.
  func hash() async throws(Problem) -> Content {
    try await read { _ throws(Problem) in }
  }

  /// Reads the body to its end into an object that nobody sees as an artifact yet.
  ///
  /// - Parameter expected: what the digest must be, if anybody has said; judged before the object
  ///   is made of its parts.
  func store(
    _ blob: Artifact.Blob, contentType: String, expected: ContentDigest?
  ) async throws(Problem) -> Content {
    let writer = ObjectWriter(ports: ports)
    let partBytes = ports.configuration.partBytes
    var part: [UInt8] = []
    var number = 0
    let content = try await read { piece throws(Problem) in
      part += piece
      while part.count > partBytes {
        number += 1
        try await writer.put(part: number, of: blob.upload, Array(part.prefix(partBytes)))
        part.removeFirst(partBytes)
      }
    }
    guard expected == nil || expected == content.digest else {
      throw Problem.wrongDigest(content.digest)
    }
    guard !blob.upload.isEmpty else {
      try await writer.put(part, content, at: blob.key, contentType: contentType)
      return content
    }
    number += 1
    try await writer.put(part: number, of: blob.upload, part)
    let stored = try await writer.complete(blob.upload, parts: number)
    try writer.check(
      ObjectSummary(
        size: stored.size, digest: stored.digest.hexadecimal, contentType: contentType), content)
    return content
  }

  /// One part, whole, as it must be.
  func part(_ expected: ContentDigest?) async throws(Problem) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(clamping: size))
    let content = try await read { piece throws(Problem) in bytes += piece }
    guard expected == nil || expected == content.digest else {
      throw Problem.wrongDigest(content.digest)
    }
    return bytes
  }

  private func read(
    _ take: ([UInt8]) async throws(Problem) -> Void
  ) async throws(Problem) -> Content {
    await body.allow(upTo: Int(clamping: size))
    let stream = ports.digest.begin()
    var total: Int64 = 0
    while let piece = try await next() {
      total += Int64(piece.count)
      guard total <= size else { throw Problem.cut(total, size) }
      stream.update(piece)
      try await take(piece)
    }
    guard total == size else { throw Problem.cut(total, size) }
    guard let digest = ContentDigest(bytes: stream.finish()) else {
      throw Problem(500, "digest-broken", "the digest has another length than SHA-256")
    }
    return Content(size: total, digest: digest)
  }

  private func next() async throws(Problem) -> [UInt8]? {
    do throws(HTTPError) {
      return try await body.next()
    } catch {
      switch error {
      case .tooLarge: throw Problem.tooLarge(Int(clamping: size))
      case .timedOut: throw Problem(408, "slow-body", "the body took too long to arrive")
      case .malformed(let why): throw Problem(400, "malformed-body", why)
      case .disconnected, .unreachable:
        throw Problem(400, "body-cut", "the connection ended before the body did")
      }
    }
  }
}

extension Problem {
  static func wrongDigest(_ digest: ContentDigest) -> Problem {
    Problem(
      422, "wrong-digest",
      "the content arrived with the SHA-256 \(digest.hexadecimal), which is not what was "
        + "announced; send it again")
  }

  fileprivate static func cut(_ total: Int64, _ size: Int64) -> Problem {
    Problem(400, "body-cut", "the body has \(total) bytes where \(size) were announced")
  }
}
