internal import Synchronization

/// Where clients reach the server: known once it listens.
final class PublicAddress: Sendable {
  private let stored = Mutex("")

  var url: String { stored.withLock { $0 } }

  func set(_ url: String) { stored.withLock { $0 = url } }
}
