internal import CLinux
internal import Domain
internal import Glibc
internal import Synchronization

/// One thread that runs tasks, timers and descriptors in turn, and never two of them at once.
///
/// It is a `TaskExecutor`: tasks started with it as their preference run on its thread, and so do
/// the default actors they call. It is a `SerialExecutor`: an actor that names it as its executor
/// is called from those tasks without any hop. Work runs in the order in which it was handed over,
/// in batches; descriptors and timers are looked at between batches, so that neither starves the
/// other.
///
/// What blocks the thread holds up everything on it: blocking calls belong on a `BlockingPool`.
public final class EventLoop: TaskExecutor, SerialExecutor, @unchecked Sendable {
  /// For thread lists and messages.
  public let name: String

  /// What other threads may touch.
  private struct Inbox {
    enum Phase { case created, running, stopping, stopped }
    var work: [Work] = []
    var phase = Phase.created
    /// Whether the thread waits in epoll, and so must be woken.
    var isAsleep = false
    var thread: pthread_t?
  }

  private let inbox = Mutex(Inbox())
  private let wakeup: Int32
  let epoll: Int32

  // Touched by the thread of the loop only.
  private var incoming: [Work] = []
  private var ready = WorkQueue()
  var timers = TimerHeap()
  var watches = WatchTable()
  var waits: [Int32: DescriptorWait] = [:]
  private(set) var isDraining = false

  /// Pieces of work between two looks at descriptors and timers: what is ready, but not what that
  /// makes ready again and again.
  private static let batch = 16...256
  /// How long tasks may go on after `stop`.
  private static let drainWithin = Duration.seconds(1)

  /// - Throws: `.system` when the process has no descriptors left.
  public init(name: String) throws(LoopError) {
    self.name = name
    epoll = millrace_epoll_create()
    guard epoll >= 0 else { throw .system(-epoll) }
    wakeup = millrace_eventfd_create()
    guard wakeup >= 0 else { throw .system(-wakeup) }
    let code = millrace_epoll_add(epoll, wakeup, millrace_event_readable, 0)
    guard code == 0 else { throw .system(code) }
  }

  deinit {
    if epoll >= 0 { close(epoll) }
    if wakeup >= 0 { close(wakeup) }
  }

  /// Starts the thread. Work that was handed over before waits until then.
  public func start() {
    inbox.withLock { inbox in
      precondition(inbox.phase == .created, "an event loop is started once")
      inbox.phase = .running
      var thread = pthread_t()
      let code = pthread_create(
        &thread, nil,
        { pointer in
          if let pointer { Unmanaged<EventLoop>.fromOpaque(pointer).takeRetainedValue().run() }
          return nil
        }, Unmanaged.passRetained(self).toOpaque())
      precondition(code == 0, "the system refused a thread for an event loop")
      inbox.thread = thread
    }
  }

  /// Ends the thread and waits for it. Sleeps and descriptor waits end as if cancelled, and tasks
  /// that are ready then run on for at most a second. Whoever owns the loop ends its tasks first:
  /// work that is handed over later never runs.
  public func stop() {
    precondition(!isCurrent, "an event loop cannot wait for its own end")
    let thread = inbox.withLock { inbox -> pthread_t? in
      guard inbox.phase == .running else { return nil }
      inbox.phase = .stopping
      return inbox.thread
    }
    guard let thread else { return }
    millrace_eventfd_signal(wakeup)
    pthread_join(thread, nil)
    inbox.withLock { $0.phase = .stopped }
  }

  /// Whether the calling thread is the thread of this loop.
  public var isCurrent: Bool {
    millrace_current_loop() == Unmanaged.passUnretained(self).toOpaque()
  }

  /// Runs `block` on the loop, after everything that was handed over before. From any thread.
  public func post(_ block: @escaping @Sendable () -> Void) {
    hand(over: .block(block))
  }

  /// Runs `block` on the loop: at once when called there, otherwise like `post`.
  public func perform(_ block: @escaping @Sendable () -> Void) {
    if isCurrent { block() } else { hand(over: .block(block)) }
  }

  // MARK: - Executor

  public func enqueue(_ job: consuming ExecutorJob) {
    hand(over: .job(UnownedJob(job)))
  }

  public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  public func asUnownedTaskExecutor() -> UnownedTaskExecutor {
    UnownedTaskExecutor(ordinary: self)
  }

  public func checkIsolated() {
    precondition(isCurrent, "not on the event loop \(name)")
  }

  public func isIsolatingCurrentContext() -> Bool? {
    isCurrent
  }

  private func hand(over work: Work) {
    if isCurrent {
      ready.append(work)
      return
    }
    let mustWake = inbox.withLock { inbox -> Bool in
      inbox.work.append(work)
      defer { inbox.isAsleep = false }
      return inbox.isAsleep
    }
    if mustWake { millrace_eventfd_signal(wakeup) }
  }

  // MARK: - The thread

  private func run() {
    millrace_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
    millrace_name_thread(name)
    var drainUntil = Uptime.distantFuture
    while true {
      if takeInbox(), !isDraining {
        isDraining = true
        drainUntil = ProcessClock.uptime() + EventLoop.drainWithin
        cancelWaits()
      }
      runBatch()
      if isDraining, isQuiet || ProcessClock.uptime() > drainUntil { break }
      // Descriptors before timers: what came in time is not late because this thread was busy.
      poll()
      fireTimers()
    }
    millrace_set_current_loop(nil)
  }

  private var isQuiet: Bool {
    ready.isEmpty && inbox.withLock { $0.work.isEmpty }
  }

  /// Moves what others handed over behind what is ready; says whether the loop shall end.
  private func takeInbox() -> Bool {
    let isStopping = inbox.withLock { inbox in
      swap(&inbox.work, &incoming)
      inbox.isAsleep = false
      return inbox.phase == .stopping
    }
    for work in incoming { ready.append(work) }
    incoming.removeAll(keepingCapacity: true)
    return isStopping
  }

  private func runBatch() {
    let count = min(max(ready.count, EventLoop.batch.lowerBound), EventLoop.batch.upperBound)
    for _ in 0..<count {
      guard let work = ready.next() else { return }
      switch work {
      case .job(let job):
        job.runSynchronously(
          isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
      case .block(let block):
        block()
      }
    }
  }

  /// Microseconds that the thread may wait for events; negative means without end.
  private func waitAllowed() -> Int64 {
    if !ready.isEmpty || isDraining { return 0 }
    let hasMail = inbox.withLock { inbox -> Bool in
      guard inbox.work.isEmpty, inbox.phase == .running else { return true }
      inbox.isAsleep = true
      return false
    }
    if hasMail { return 0 }
    guard let next = timers.next else { return -1 }
    return max(0, (next - ProcessClock.uptime()).wholeMicroseconds)
  }

  private func poll() {
    let timeout = waitAllowed()
    withUnsafeTemporaryAllocation(of: millrace_event.self, capacity: 256) { events in
      let count = millrace_epoll_wait(epoll, events.baseAddress, 256, timeout)
      // Interruption by a signal is the only failure of a wait on our own descriptor.
      guard count > 0 else { return }
      for index in 0..<Int(count) {
        let event = events[index]
        if event.token == 0 {
          millrace_eventfd_drain(wakeup)
        } else if let watch = watches[event.token] {
          watch.handle(Readiness(rawValue: event.events))
        }
      }
    }
  }

  private func cancelWaits() {
    for wait in waits.values { wait.end(.failure(.cancelled)) }
    for timer in timers.removeAll() { timer.giveUp() }
  }
}

/// Why a wait on a descriptor ended without it being ready.
public enum LoopError: Error, Hashable, Sendable {
  case cancelled
  /// The number of the system's error: the descriptor is closed, or cannot be waited for.
  case system(Int32)
}
