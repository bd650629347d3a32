/// The future of a world: events by time, then by the order in which they were scheduled.
///
/// A binary heap. Cancelled events stay as husks until they come up or outnumber the rest.
struct EventQueue {
  struct Entry {
    /// Microseconds since the start of the world.
    var time: Int64
    var sequence: UInt64
    var event: ScheduledEvent

    func precedes(_ other: Entry) -> Bool {
      time == other.time ? sequence < other.sequence : time < other.time
    }
  }

  private var heap: [Entry] = []
  private var sequence: UInt64 = 0
  private var additionsSinceSweep = 0
  private static let sweepEvery = 4_096

  var isEmpty: Bool { heap.isEmpty }

  mutating func add(_ event: ScheduledEvent, at time: Int64) {
    sweepIfDue()
    heap.append(Entry(time: time, sequence: sequence, event: event))
    sequence += 1
    var place = heap.count - 1
    while place > 0 {
      let parent = (place - 1) / 2
      guard heap[place].precedes(heap[parent]) else { break }
      heap.swapAt(place, parent)
      place = parent
    }
  }

  /// When the next event that still counts is due.
  mutating func nextTime() -> Int64? {
    while let first = heap.first {
      if !first.event.isCancelled { return first.time }
      removeFirst()
    }
    return nil
  }

  /// Takes the next entry; call `nextTime` first to drop husks.
  mutating func pop() -> Entry? {
    guard let first = heap.first else { return nil }
    removeFirst()
    return first
  }

  private mutating func removeFirst() {
    let last = heap.removeLast()
    guard !heap.isEmpty else { return }
    heap[0] = last
    siftDown(from: 0)
  }

  private mutating func siftDown(from start: Int) {
    var place = start
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
        if heap[child].precedes(heap[least]) { least = child }
      }
      guard least != place else { return }
      heap.swapAt(place, least)
      place = least
    }
  }

  /// Long timeouts that are always cancelled would otherwise pile up.
  private mutating func sweepIfDue() {
    additionsSinceSweep += 1
    guard additionsSinceSweep >= max(EventQueue.sweepEvery, heap.count) else { return }
    additionsSinceSweep = 0
    heap.removeAll { $0.event.isCancelled }
    for place in stride(from: heap.count / 2, through: 0, by: -1) { siftDown(from: place) }
  }
}
