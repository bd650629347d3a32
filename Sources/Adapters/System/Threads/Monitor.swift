internal import Glibc

/// State behind a lock on which threads, never tasks, can wait.
///
/// For threads of their own only: whoever waits blocks its thread.
public final class Monitor<State>: @unchecked Sendable {
  /// What a waiting thread found.
  public enum Step<Answer> {
    case done(Answer)
    case wait
    /// Looks again at this instant of the monotonic clock, in microseconds, at the latest.
    case waitUntil(Int64)
  }

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var state: State

  public init(_ state: State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // Wall time may step; a time-out must not.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Reads or changes the state. `body` must be short and must not wait.
  public func withLock<Answer>(_ body: (inout State) -> Answer) -> Answer {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&state)
  }

  /// Wakes one waiting thread.
  public func signal() {
    pthread_cond_signal(condition)
  }

  /// Wakes every waiting thread.
  public func signalAll() {
    pthread_cond_broadcast(condition)
  }

  /// Blocks the calling thread until `body` is done; `body` runs again after every signal.
  public func wait<Answer>(_ body: (inout State) -> Step<Answer>) -> Answer {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      switch body(&state) {
      case .done(let answer):
        return answer
      case .wait:
        pthread_cond_wait(condition, mutex)
      case .waitUntil(let instant):
        var limit = timespec(
          tv_sec: Int(max(instant, 0) / 1_000_000),
          tv_nsec: Int(max(instant, 0) % 1_000_000) * 1_000)
        pthread_cond_timedwait(condition, mutex, &limit)
      }
    }
  }
}

/// The monotonic clock of the machine, in microseconds: for time-outs of threads.
public func monotonicMicroseconds() -> Int64 {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
}
