internal import CLinux
public import Ports
internal import Synchronization

/// Unpredictable numbers from the kernel, fetched 64 at a time.
public final class SystemRandomness: Randomness {
  private let fetched = Mutex<[UInt64]>([])

  public init() {}

  public func next() -> UInt64 {
    fetched.withLock { numbers in
      if let number = numbers.popLast() { return number }
      numbers = [UInt64](unsafeUninitializedCapacity: 64) { buffer, count in
        let code = millrace_random(buffer.baseAddress, 64 * 8)
        // Ids must never repeat: going on without randomness would be worse than ending.
        precondition(code == 0, "the kernel gives no random bytes: error \(code)")
        count = 64
      }
      return numbers.removeLast()
    }
  }
}
