internal import Ports
internal import ServiceKit
internal import Synchronization

/// A hash that is nobody's, made once by the process's own hasher: as dear as everybody's.
final class DummyHash: Sendable {
  private let known = Mutex<String?>(nil)

  func text(_ ports: IAMPorts) async throws(PasswordHasherError) -> String {
    if let text = known.withLock({ $0 }) { return text }
    let text = try await ports.hasher.hash(
      ports.context.randomness.bytes(32),
      salt: ports.context.randomness.bytes(PasswordHash.saltBytesNew))
    known.withLock { $0 = text }
    return text
  }
}
