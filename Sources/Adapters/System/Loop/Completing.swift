internal import Glibc
internal import Synchronization

/// A result that one thread waits for.
private final class Completion<Success: Sendable>: Sendable {
  private let value = Mutex<Success?>(nil)
  private let semaphore = UnsafeSemaphore()

  func finish(_ success: Success) {
    value.withLock { $0 = success }
    semaphore.signal()
  }

  func wait() -> Success {
    while true {
      semaphore.wait()
      if let success = value.withLock({ $0 }) { return success }
    }
  }
}

/// A POSIX semaphore at a fixed address.
private final class UnsafeSemaphore: @unchecked Sendable {
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func signal() { sem_post(semaphore) }
  func wait() { _ = sem_wait(semaphore) }
}

extension EventLoop {
  /// Runs `body` as a task on the loop and blocks the calling thread until it has returned. For the
  /// main thread of a program; never on a loop.
  public func complete<Success: Sendable>(
    _ body: @escaping @Sendable () async -> Success
  ) -> Success {
    precondition(!isCurrent, "an event loop cannot wait for its own task")
    let completion = Completion<Success>()
    Task(executorPreference: self) { completion.finish(await body()) }
    return completion.wait()
  }
}
