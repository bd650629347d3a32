internal import Synchronization

/// A number that handler and caller both see.
public final class Tally: Sendable {
  private let number = Mutex(0)

  public init() {}

  @discardableResult
  public func add(_ amount: Int) -> Int {
    number.withLock { number in
      number += amount
      return number
    }
  }

  public var value: Int { number.withLock { $0 } }
}
