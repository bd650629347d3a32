internal import ArtifactCore
internal import Domain
internal import Ports
internal import ServiceKit
internal import Synchronization

/// Reads pieces of one content, some of them at once. What lies at its key is looked at once for
/// all of them.
final class PieceReader: Sendable {
  private let ports: ArtifactPorts
  private let key: String
  private let content: Content
  private let found = Mutex<FoundObject?>(nil)

  init(ports: ArtifactPorts, key: String, content: Content) {
    self.ports = ports
    self.key = key
    self.content = content
  }

  /// Reads a piece, again and again until it comes or the tries are spent.
  func read(_ piece: Range<Int64>) async throws(Problem) -> [UInt8] {
    guard !piece.isEmpty else { return [] }
    var triesLeft = ports.configuration.storeTries
    var wait = ports.configuration.storeRetryWait
    while true {
      triesLeft -= 1
      do throws(ObjectError) {
        if let bytes = try await bytes(piece, isLast: triesLeft <= 0) { return bytes }
      } catch {
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

  /// Logs that what lies there is not what was verified.
  func damaged() -> Problem {
    ports.context.telemetry.log(.error, "content.damaged", [("object", key)])
    return Problem(ObjectError.conflict(""))
  }

  /// Nil when the version that was found has gone, which a late write of the same content does: the
  /// next try looks again.
  private func bytes(
    _ piece: Range<Int64>, isLast: Bool
  ) async throws(ObjectError) -> [UInt8]? {
    let found = try await look()
    let bytes: [UInt8]
    do throws(ObjectError) {
      bytes = try await ports.objects.get(found, piece)
    } catch {
      guard error == .notFound, !isLast else { throw error }
      self.found.withLock { if $0 == found { $0 = nil } }
      return nil
    }
    guard bytes.count == piece.count else { throw .conflict("the object is too short") }
    return bytes
  }

  private func look() async throws(ObjectError) -> FoundObject {
    if let found = found.withLock({ $0 }) { return found }
    let new = try await ports.objects.look(key)
    guard new.summary.size == content.size, new.summary.digest == content.digest.hexadecimal
    else { throw .conflict("the object is another") }
    found.withLock { $0 = new }
    return new
  }
}
