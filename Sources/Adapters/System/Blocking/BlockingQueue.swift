internal import CLinux
internal import Glibc

/// The calls that wait for a thread of a pool, under one POSIX mutex and condition.
final class BlockingQueue: @unchecked Sendable {
  private let name: String
  private let waitingMax: Int
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var waiting: [@Sendable () -> Void] = []
  private var head = 0
  private var idle = 0
  private var isClosed = false

  init(name: String, waitingMax: Int) {
    self.name = name
    self.waitingMax = waitingMax
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Nil when the call was taken.
  func append(_ work: @escaping @Sendable () -> Void) -> BlockingPool.Refusal? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if isClosed { return .stopped }
    // A call that an idle thread takes at once does not wait.
    if waiting.count - head >= waitingMax + idle { return .full }
    waiting.append(work)
    pthread_cond_signal(condition)
    return nil
  }

  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  func startThread() -> pthread_t {
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { pointer in
        if let pointer { Unmanaged<BlockingQueue>.fromOpaque(pointer).takeRetainedValue().serve() }
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    precondition(code == 0, "the system refused a thread for the pool \(name)")
    return thread
  }

  private func serve() {
    millrace_name_thread(name)
    while let work = next() { work() }
  }

  /// Waits for a call; nil when the pool has ended and nothing waits any more.
  private func next() -> (@Sendable () -> Void)? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    idle += 1
    defer { idle -= 1 }
    while head == waiting.count {
      if isClosed { return nil }
      pthread_cond_wait(condition, mutex)
    }
    let work = waiting[head]
    head += 1
    if head == waiting.count || head >= 1_024 {
      waiting.removeFirst(head)
      head = 0
    }
    return work
  }
}
