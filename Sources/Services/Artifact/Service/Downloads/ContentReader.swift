internal import ArtifactCore
internal import Domain
internal import Ports
internal import ServiceKit

/// Reads a content from the object store, and vouches for all of it when all of it is read.
struct ContentReader: Sendable {
  /// What was read is not what was verified when it came. The reader must not take it for that.
  struct Damaged: Error {}

  let ports: ArtifactPorts
  let key: String
  let content: Content

  /// The bytes of a part that are read first. They are there before the answer begins, so that an
  /// absent object or store is said in so many words.
  func first(of part: Range<Int64>) async throws(Problem) -> [UInt8] {
    let piece = part.prefix(ports.configuration.readBytes)
    guard piece == 0..<content.size else { return try await read(piece) }
    // What is read at once and whole is judged before anybody gets a byte of it. Bytes that were
    // damaged on their way come whole the next time; those that lie there damaged do not.
    for _ in 0..<max(ports.configuration.storeTries, 1) {
      let bytes = try await read(piece)
      if ports.digest.hexadecimal(of: bytes) == content.digest.hexadecimal { return bytes }
      ports.context.telemetry.log(.warning, "content.read-damaged", [("object", key)])
    }
    throw damaged()
  }

  /// Writes a part whose first bytes were read.
  ///
  /// - Throws: `Damaged` before the last piece of a whole content that is not what it was: what was
  ///   sent is then never complete.
  func write(
    _ part: Range<Int64>, first: [UInt8], to sink: any HTTPBodySink
  ) async throws {
    let stream = part == 0..<content.size ? ports.digest.begin() : nil
    var piece = first
    var place = part.lowerBound
    while true {
      place += Int64(piece.count)
      stream?.update(piece)
      if place >= part.upperBound, let stream,
        ContentDigest(bytes: stream.finish()) != content.digest
      {
        _ = damaged()
        throw Damaged()
      }
      try await sink.write(piece)
      guard place < part.upperBound else { return }
      piece = try await read((place..<part.upperBound).prefix(ports.configuration.readBytes))
    }
  }

  private func read(_ piece: Range<Int64>) async throws(Problem) -> [UInt8] {
    guard !piece.isEmpty else { return [] }
    var triesLeft = ports.configuration.storeTries
    var wait = ports.configuration.storeRetryWait
    while true {
      do throws(ObjectError) {
        let bytes = try await ports.objects.get(key, piece)
        guard bytes.count == piece.count else { throw .conflict("the object is too short") }
        return bytes
      } catch {
        triesLeft -= 1
        switch error {
        case .unavailable, .outcomeUnknown:
          guard triesLeft > 0, !Task.isCancelled else { throw Problem(error) }
        case .notFound:
          ports.context.telemetry.log(.error, "content.lost", [("object", key)])
          throw Problem(
            500, "content-lost",
            "the bytes of this artifact are not in the object store any more: restore them from a "
              + "backup")
        case .conflict, .refused:
          throw damaged()
        }
      }
      try? await ports.context.time.sleep(for: wait)
      wait *= 2
    }
  }

  private func damaged() -> Problem {
    ports.context.telemetry.log(.error, "content.damaged", [("object", key)])
    return Problem(ObjectError.conflict(""))
  }
}

extension Range<Int64> {
  /// The first part of at most so many numbers.
  fileprivate func prefix(_ countMax: Int) -> Range<Int64> {
    lowerBound..<Swift.min(lowerBound.addingSaturated(Int64(Swift.max(countMax, 1))), upperBound)
  }
}
