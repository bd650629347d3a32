/// Tasks of one run that are ready for a worker of one pool, in the order in which they became so.
///
/// Entries whose task has moved on stay until they come to the head; the machine skips them.
struct ReadyQueue: Sendable {
  private var places: [TaskPlace] = []
  private var first = 0
  /// How many tasks are ready now.
  var count = 0

  var head: TaskPlace? { first < places.count ? places[first] : nil }

  mutating func append(_ place: TaskPlace) {
    places.append(place)
    count += 1
  }

  mutating func dropHead() {
    first += 1
    if first > 1_024, first * 2 > places.count {
      places.removeFirst(first)
      first = 0
    }
  }
}
