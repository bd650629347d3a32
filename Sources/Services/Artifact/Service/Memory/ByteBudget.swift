internal import Synchronization

/// Bounds the memory that the transfers of one process take together, beside the little that each
/// of them has anyway. Nobody waits for it: who gets nothing goes on more slowly.
final class ByteBudget: Sendable {
  private let left: Mutex<Int>

  init(bytes: Int) {
    left = Mutex(bytes)
  }

  /// Takes room for pieces of that size, as many as there are and at most `countMax`; `giveBack`
  /// follows.
  func take(upTo countMax: Int, of pieceBytes: Int) -> Int {
    left.withLock { left in
      let count = min(countMax, left / max(pieceBytes, 1))
      guard count > 0 else { return 0 }
      left -= count * pieceBytes
      return count
    }
  }

  func giveBack(_ count: Int, of pieceBytes: Int) {
    left.withLock { $0 += count * pieceBytes }
  }
}
