import Domain
import Synchronization

/// How often each message was handed to a receiver.
final class SendingLedger: Sendable {
  private let counts = Mutex(SortedMap<String, Int64>())

  func sent(_ id: String) {
    counts.withLock { $0[id] = $0[id, default: 0] + 1 }
  }

  func count(_ id: String) -> Int64 { counts.withLock { $0[id, default: 0] } }
}
