internal import Synchronization

/// Bounds the uploads that one process takes at once, and with them the memory they need.
final class UploadGate: Sendable {
  private let placesMax: Int
  private let taken = Mutex(0)

  init(placesMax: Int) {
    self.placesMax = placesMax
  }

  /// True when there is room; then `leave` follows.
  func enter() -> Bool {
    taken.withLock { taken in
      guard taken < placesMax else { return false }
      taken += 1
      return true
    }
  }

  func leave() {
    taken.withLock { $0 -= 1 }
  }
}
