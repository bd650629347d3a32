internal import Synchronization

/// Bytes of lines that all attempts of the worker keep until the bus has them.
final class LogBudget: Sendable {
  private let bytesMax: Int
  private let bytesHeld = Mutex(0)

  init(bytesMax: Int) {
    self.bytesMax = bytesMax
  }

  func change(by bytes: Int) {
    bytesHeld.withLock { $0 += bytes }
  }

  /// Whether attempts must not end faster than their lines reach the bus.
  var isSpent: Bool { bytesHeld.withLock { $0 >= bytesMax } }
}
