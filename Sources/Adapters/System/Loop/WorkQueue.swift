/// What an event loop runs.
enum Work {
  case job(UnownedJob)
  case block(@Sendable () -> Void)
}

/// Work in the order of its arrival.
struct WorkQueue {
  private var items: [Work?] = []
  private var head = 0

  var isEmpty: Bool { head == items.count }
  var count: Int { items.count - head }

  mutating func append(_ work: Work) {
    items.append(work)
  }

  mutating func next() -> Work? {
    guard head < items.count else { return nil }
    let work = items[head]
    items[head] = nil
    head += 1
    if head == items.count {
      items.removeAll(keepingCapacity: head <= 4_096)
      head = 0
    } else if head >= 4_096, head * 2 >= items.count {
      // A queue that never runs empty must not keep what it has done.
      items.removeFirst(head)
      head = 0
    }
    return work
  }
}
