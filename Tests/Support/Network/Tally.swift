internal import Synchronization

/// A number that handler and caller both see.
final class Tally: Sendable {
  private let number = Mutex(0)

  @discardableResult
  func add(_ amount: Int) -> Int {
    number.withLock { number in
      number += amount
      return number
    }
  }

  var value: Int { number.withLock { $0 } }
}
