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
  private var threads = 0
  private var busy = 0
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
    // A call that a free thread is about to take does not wait, also when that thread still starts.
    if waiting.count - head >= waitingMax + threads - busy { return .full }
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
    pthread_mutex_lock(mutex)
    threads += 1
    pthread_mutex_unlock(mutex)
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
    var hasWorked = false
    while let work = next(after: hasWorked) {
      work()
      hasWorked = true
    }
  }

  /// Waits for a call; nil when the pool has ended and nothing waits any more.
  private func next(after hasWorked: Bool) -> (@Sendable () -> Void)? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if hasWorked { busy -= 1 }
    while head == waiting.count {
      if isClosed { return nil }
      pthread_cond_wait(condition, mutex)
    }
    let work = waiting[head]
    head += 1
    busy += 1
    if head == waiting.count || head >= 1_024 {
      waiting.removeFirst(head)
      head = 0
    }
    return work
  }
}
