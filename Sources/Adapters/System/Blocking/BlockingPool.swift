internal import Glibc
internal import Synchronization

/// A few threads for calls that block: they wait here instead of on a loop.
public final class BlockingPool: Sendable {
  public enum Refusal: Error, Hashable, Sendable {
    /// As many calls wait as may wait.
    case full
    /// The pool has ended.
    case stopped
  }

  private let queue: BlockingQueue
  private let threads: Mutex<[pthread_t]>

  /// - Parameters:
  ///   - threads: how many calls run at once.
  ///   - waitingMax: how many calls may wait for a thread.
  public init(name: String, threads count: Int, waitingMax: Int) {
    precondition(count > 0, "a pool needs a thread")
    let queue = BlockingQueue(name: name, waitingMax: waitingMax)
    self.queue = queue
    threads = Mutex((0..<count).map { _ in queue.startThread() })
  }

  /// Runs `work` on a thread of the pool. A call that has begun runs to its end, cancelled or not.
  public func run<Success: Sendable>(
    _ work: @escaping @Sendable () -> Success
  ) async throws(Refusal) -> Success {
    let result: Result<Success, Refusal> = await withCheckedContinuation { continuation in
      let refusal = queue.append { continuation.resume(returning: .success(work())) }
      if let refusal { continuation.resume(returning: .failure(refusal)) }
    }
    return try result.get()
  }

  /// Refuses new calls, ends the waiting ones and the running ones, and joins the threads.
  public func stop() {
    queue.close()
    let ending = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in ending { pthread_join(thread, nil) }
  }

  /// The same without blocking the caller: refuses new calls and returns once the accepted ones
  /// have ended, and then `afterwards` on a thread that may block.
  public func end(_ afterwards: @escaping @Sendable () -> Void = {}) async {
    await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
      do throws(OwnThread.Refused) {
        try OwnThread("pool-end") {
          self.stop()
          afterwards()
          waiter.resume()
        }.detach()
      } catch {
        stop()
        afterwards()
        waiter.resume()
      }
    }
  }
}
