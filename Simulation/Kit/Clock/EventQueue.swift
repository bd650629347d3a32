/// The future of a world: events by time, then by the order in which they were scheduled.
///
/// A binary heap of numbers; the events stay where they are while numbers move. Cancelled events
/// stay as husks until they come up or outnumber the rest.
struct EventQueue {
  struct Entry {
    /// Microseconds since the start of the world.
    var time: Int64
    var sequence: UInt64
    var event: ScheduledEvent
  }

  /// When an event is due, and where it is kept.
  private struct Turn {
    var time: Int64
    var sequence: UInt64
    var place: Int

    func precedes(_ other: Turn) -> Bool {
      time == other.time ? sequence < other.sequence : time < other.time
    }
  }

  private var heap: [Turn] = []
  private var events: [ScheduledEvent?] = []
  /// Places of `events` that are empty.
  private var free: [Int] = []
  private var sequence: UInt64 = 0
  private var additionsSinceSweep = 0
  private static let sweepEvery = 4_096

  var isEmpty: Bool { heap.isEmpty }

  mutating func add(_ event: ScheduledEvent, at time: Int64) {
    sweepIfDue()
    let turn = Turn(time: time, sequence: sequence, place: keep(event))
    sequence += 1
    heap.append(turn)
    var place = heap.count - 1
    while place > 0 {
      let parent = (place - 1) / 2
      guard turn.precedes(heap[parent]) else { break }
      heap[place] = heap[parent]
      place = parent
    }
    heap[place] = turn
  }

  /// When the next event that still counts is due.
  mutating func nextTime() -> Int64? {
    while let first = heap.first {
      if events[first.place]?.isCancelled == false { return first.time }
      _ = removeFirst()
    }
    return nil
  }

  /// Takes the next entry; call `nextTime` first to drop husks.
  mutating func pop() -> Entry? {
    guard let first = heap.first, let event = removeFirst() else { return nil }
    return Entry(time: first.time, sequence: first.sequence, event: event)
  }

  private mutating func keep(_ event: ScheduledEvent) -> Int {
    guard let place = free.popLast() else {
      events.append(event)
      return events.count - 1
    }
    events[place] = event
    return place
  }

  private mutating func letGo(_ place: Int) -> ScheduledEvent? {
    free.append(place)
    return events[place].take()
  }

  private mutating func removeFirst() -> ScheduledEvent? {
    let last = heap.removeLast()
    guard let first = heap.first else { return letGo(last.place) }
    heap[0] = last
    siftDown(from: 0)
    return letGo(first.place)
  }

  private mutating func siftDown(from start: Int) {
    let turn = heap[start]
    var place = start
    while 2 * place + 1 < heap.count {
      var child = 2 * place + 1
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
      guard heap[child].precedes(turn) else { break }
      heap[place] = heap[child]
      place = child
    }
    heap[place] = turn
  }

  /// Long timeouts that are always cancelled would otherwise pile up.
  private mutating func sweepIfDue() {
    additionsSinceSweep += 1
    guard additionsSinceSweep >= max(EventQueue.sweepEvery, heap.count) else { return }
    additionsSinceSweep = 0
    let husks = heap.filter { events[$0.place]?.isCancelled != false }
    heap.removeAll { events[$0.place]?.isCancelled != false }
    for husk in husks { _ = letGo(husk.place) }
    for place in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(from: place) }
  }
}
