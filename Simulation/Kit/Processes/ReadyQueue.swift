/// The jobs of one incarnation that could run now.
struct ReadyQueue {
  enum Mode { case running, paused, dead }

  var jobs: [UnownedJob] = []
  var mode = Mode.running
  /// Where the incarnation stands in the list of those that can run.
  var place: Int?
}

/// Which incarnations can run, and which job of theirs is next.
struct ReadyQueues {
  private var queues: [ReadyQueue] = []
  private var runnable: [Int] = []

  var canRun: Bool { !runnable.isEmpty }
  var runnableCount: Int { runnable.count }

  mutating func addIncarnation() -> Int {
    queues.append(ReadyQueue())
    return queues.count - 1
  }

  func mode(of incarnation: Int) -> ReadyQueue.Mode {
    queues.indices.contains(incarnation) ? queues[incarnation].mode : .dead
  }

  /// Jobs of the dead are dropped: they never run, not even to clean up.
  mutating func add(_ job: UnownedJob, for incarnation: Int) {
    guard queues.indices.contains(incarnation), queues[incarnation].mode != .dead else { return }
    queues[incarnation].jobs.append(job)
    list(incarnation)
  }

  mutating func setMode(_ mode: ReadyQueue.Mode, of incarnation: Int) {
    guard queues.indices.contains(incarnation), queues[incarnation].mode != .dead else { return }
    queues[incarnation].mode = mode
    switch mode {
    case .running:
      list(incarnation)
    case .paused:
      unlist(incarnation)
    case .dead:
      unlist(incarnation)
      queues[incarnation].jobs = []
    }
  }

  /// A job chosen by the stream: first the incarnation, then one of its jobs.
  mutating func next(
    by stream: inout RandomStream
  ) -> (incarnation: Int, job: UnownedJob, choice: UInt64)? {
    guard !runnable.isEmpty else { return nil }
    let incarnation = runnable[runnable.count == 1 ? 0 : stream.below(runnable.count)]
    let count = queues[incarnation].jobs.count
    let place = count == 1 ? 0 : stream.below(count)
    queues[incarnation].jobs.swapAt(place, count - 1)
    let job = queues[incarnation].jobs.removeLast()
    if count == 1 { unlist(incarnation) }
    return (incarnation, job, UInt64(place) << 32 | UInt64(count))
  }

  mutating func removeAll() {
    for incarnation in queues.indices { setMode(.dead, of: incarnation) }
  }

  private mutating func list(_ incarnation: Int) {
    let queue = queues[incarnation]
    guard queue.place == nil, queue.mode == .running, !queue.jobs.isEmpty else { return }
    queues[incarnation].place = runnable.count
    runnable.append(incarnation)
  }

  private mutating func unlist(_ incarnation: Int) {
    guard let place = queues[incarnation].place else { return }
    queues[incarnation].place = nil
    let last = runnable.removeLast()
    if last != incarnation {
      runnable[place] = last
      queues[last].place = place
    }
  }
}
