public import Domain

/// Attempts in the order in which they came, each once. Every operation takes the same time however
/// many there are.
public struct AttemptQueue: Sendable {
  /// Those that were taken out since stay until they are at the head.
  private var order: [AttemptID] = []
  private var head = 0
  /// By attempt, its place in the order.
  private var places = LookupMap<AttemptID, Int>()

  public var count: Int { places.count }
  public var isEmpty: Bool { places.isEmpty }

  public func contains(_ attempt: AttemptID) -> Bool { places[attempt] != nil }

  /// Nothing happens when it is there already.
  mutating func append(_ attempt: AttemptID) {
    guard places[attempt] == nil else { return }
    places[attempt] = order.count
    order.append(attempt)
  }

  mutating func remove(_ attempt: AttemptID) {
    guard places.removeValue(for: attempt) != nil else { return }
    if places.isEmpty { self = AttemptQueue() }
  }

  mutating func removeFirst(_ count: Int) -> [AttemptID] {
    var removed: [AttemptID] = []
    while removed.count < count, head < order.count {
      if places[order[head]] == head {
        removed.append(order[head])
        places[order[head]] = nil
      }
      head += 1
    }
    if head > 1_024, head * 2 > order.count { tidy() }
    return removed
  }

  /// All, in their order.
  public var all: [AttemptID] {
    order.indices.dropFirst(head).compactMap { places[order[$0]] == $0 ? order[$0] : nil }
  }

  private mutating func tidy() {
    let left = all
    self = AttemptQueue()
    for attempt in left { append(attempt) }
  }
}

extension AttemptQueue: Hashable {
  /// By what is in it.
  public static func == (left: AttemptQueue, right: AttemptQueue) -> Bool {
    left.count == right.count && left.all == right.all
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(all) }
}
