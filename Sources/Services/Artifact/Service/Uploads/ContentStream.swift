internal import ArtifactCore
internal import Domain
internal import Ports
internal import ServiceKit

/// A body on its way into the object store: counted while it flows, a few parts of it in memory.
/// What is stored whole is hashed here; what is stored in parts is hashed by the store, which
/// answers with the digest of what it has.
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
  /// - Parameter expected: what the digest must be, if anybody has said. An object of parts that
  ///   has another one is there, and nobody's: it goes with its upload.
  func store(
    _ blob: Artifact.Blob, contentType: String, expected: ContentDigest?
  ) async throws(Problem) -> Content {
    let writer = ObjectWriter(ports: ports)
    guard !blob.upload.isEmpty else {
      let (bytes, content) = try await whole(expected)
      try await writer.put(bytes, content, at: blob.key, contentType: contentType)
      return content
    }
    let count = try await storeParts(of: blob.upload, writer)
    let stored = try await writer.complete(blob.upload, parts: count)
    guard stored.size == size else {
      throw Problem.unavailable("the object store holds something else than was sent")
    }
    guard expected == nil || expected == stored.digest else {
      throw Problem.wrongDigest(stored.digest)
    }
    return stored
  }

  /// Stores the body as parts and says how many there are. While the next part comes the last ones
  /// are stored, as far as there is memory for that.
  private func storeParts(
    of upload: String, _ writer: ObjectWriter
  ) async throws(Problem) -> Int {
    let partBytes = ports.configuration.partBytes
    let ahead = ports.partsAhead.take(upTo: ports.configuration.partsAheadMax, of: partBytes)
    defer { ports.partsAhead.giveBack(ahead, of: partBytes) }
    let result = await withTaskGroup(of: Result<Void, Problem>.self) {
      group -> Result<Int, Problem> in
      var number = 0
      var underWay = 0
      func finish(leaving countMax: Int) async throws(Problem) {
        while underWay > countMax, let result = await group.next() {
          underWay -= 1
          try result.get()
        }
      }
      func begin(_ part: [UInt8]) async throws(Problem) {
        number += 1
        underWay += 1
        group.addTask { [number] in
          do throws(Problem) {
            return .success(try await writer.put(part: number, of: upload, part))
          } catch {
            return .failure(error)
          }
        }
        try await finish(leaving: ahead)
      }
      do throws(Problem) {
        try await begin(try await cut(into: partBytes, begin))
        try await finish(leaving: 0)
        return .success(number)
      } catch {
        group.cancelAll()
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Reads the body to its end and hands over one full part after the other.
  ///
  /// - Returns: the last part, which may be full too.
  private func cut(
    into partBytes: Int, _ take: ([UInt8]) async throws(Problem) -> Void
  ) async throws(Problem) -> [UInt8] {
    var part: [UInt8] = []
    part.reserveCapacity(partBytes)
    try await receive { piece throws(Problem) in
      var rest = piece[...]
      while part.count + rest.count > partBytes {
        let room = partBytes - part.count
        part += rest.prefix(room)
        rest = rest.dropFirst(room)
        try await take(part)
        part = []
        part.reserveCapacity(partBytes)
      }
      part += rest
    }
    return part
  }

  /// One part, whole, as it must be.
  func part(_ expected: ContentDigest?) async throws(Problem) -> [UInt8] {
    try await whole(expected).bytes
  }

  private func whole(
    _ expected: ContentDigest?
  ) async throws(Problem) -> (bytes: [UInt8], content: Content) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(clamping: size))
    let content = try await read { piece throws(Problem) in bytes += piece }
    guard expected == nil || expected == content.digest else {
      throw Problem.wrongDigest(content.digest)
    }
    return (bytes, content)
  }

  private func read(
    _ take: ([UInt8]) async throws(Problem) -> Void
  ) async throws(Problem) -> Content {
    let stream = ports.digest.begin()
    try await receive { piece throws(Problem) in
      stream.update(piece)
      try await take(piece)
    }
    guard let digest = ContentDigest(bytes: stream.finish()) else {
      throw Problem(500, "digest-broken", "the digest has another length than SHA-256")
    }
    return Content(size: size, digest: digest)
  }

  /// Hands the body over as it comes, all of the announced bytes and no other.
  private func receive(
    _ take: ([UInt8]) async throws(Problem) -> Void
  ) async throws(Problem) {
    await body.allow(upTo: Int(clamping: size))
    var total: Int64 = 0
    while let piece = try await next() {
      total += Int64(piece.count)
      guard total <= size else { throw Problem.cut(total, size) }
      try await take(piece)
    }
    guard total == size else { throw Problem.cut(total, size) }
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
