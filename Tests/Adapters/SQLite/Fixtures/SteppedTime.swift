import Domain
import Ports
import Synchronization

/// A clock that stands still until it is stepped. Nothing sleeps by it.
final class SteppedTime: Time {
  private let passed = Mutex(Duration.seconds(1_000_000))

  func step(_ length: Duration) { passed.withLock { $0 += length } }

  func now() -> Moment { .start + passed.withLock(\.self) }
  func uptime() -> Uptime { .start + passed.withLock(\.self) }
  func sleep(until instant: Uptime) async throws(CancellationError) { throw CancellationError() }
}
