internal import Domain

/// The armed timers of a loop, the earliest first; equal instants fire in the order of arming.
struct TimerHeap {
  private var timers: [LoopTimer] = []
  private var armedCount: UInt64 = 0

  /// When the earliest timer wants to be looked at.
  var next: Uptime? { timers.first.map { Uptime(microseconds: $0.armed) } }

  mutating func insert(_ timer: LoopTimer, at instant: Uptime) {
    armedCount &+= 1
    timer.armed = instant.microseconds
    timer.order = armedCount
    timer.position = timers.count
    timers.append(timer)
    rise(from: timer.position)
  }

  mutating func remove(_ timer: LoopTimer) {
    let position = timer.position
    guard position >= 0 else { return }
    timer.position = -1
    let last = timers.removeLast()
    guard last !== timer else { return }
    timers[position] = last
    last.position = position
    rise(from: position)
    sink(from: last.position)
  }

  mutating func removeAll() -> [LoopTimer] {
    defer { timers.removeAll() }
    for timer in timers { timer.position = -1 }
    return timers
  }

  /// The earliest timer, taken out, if it is due.
  mutating func takeDue(at now: Uptime) -> LoopTimer? {
    guard let first = timers.first, first.armed <= now.microseconds else { return nil }
    remove(first)
    return first
  }

  private mutating func rise(from start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard timers[child].isBefore(timers[parent]) else { return }
      exchange(child, parent)
      child = parent
    }
  }

  private mutating func sink(from start: Int) {
    var parent = start
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < timers.count {
        if timers[child].isBefore(timers[smallest]) { smallest = child }
      }
      guard smallest != parent else { return }
      exchange(parent, smallest)
      parent = smallest
    }
  }

  private mutating func exchange(_ left: Int, _ right: Int) {
    timers.swapAt(left, right)
    timers[left].position = left
    timers[right].position = right
  }
}

extension EventLoop {
  /// Fires what is due. Timers that are armed meanwhile wait for the next turn, even when they are
  /// due at once, so that a timer which re-arms itself cannot hold the loop.
  func fireTimers() {
    let now = ProcessClock.uptime()
    var due: [LoopTimer] = []
    while let timer = timers.takeDue(at: now) { due.append(timer) }
    for timer in due { timer.fire(at: now) }
  }
}
