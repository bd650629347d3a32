import Synchronization

/// A flag or list that tests share with simulated tasks.
final class SendableFlag: Sendable {
  private let value = Mutex(false)

  var isSet: Bool { value.withLock { $0 } }
  func set() { value.withLock { $0 = true } }

  /// Sets it, and says whether it was set before.
  func exchange() -> Bool {
    value.withLock { value in
      defer { value = true }
      return value
    }
  }
}

final class Journal<Entry: Sendable>: Sendable {
  private let stored = Mutex<[Entry]>([])

  var entries: [Entry] { stored.withLock { $0 } }
  func write(_ entry: Entry) { stored.withLock { $0.append(entry) } }
}
