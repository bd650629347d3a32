internal import Domain
internal import Ports
internal import SimulationKit

/// The members of a group, who has which partition, and what has been committed.
struct ConsumerGroup {
  struct Member {
    var name: String
    /// Which membership this is: a name that joins again has another one, and fences the old one.
    var session: UInt64
    var process: Incarnation
    var topics: [String]
    var places: SortedSet<TopicPartition> = []
    /// The next offset to deliver; absent until the first poll after the place was given.
    var positions: SortedMap<TopicPartition, Int64> = [:]
    var lastActive: Duration
    var isPolling = false
  }

  private(set) var members: SortedMap<String, Member> = [:]
  /// The next offset to deliver to whoever comes next.
  var committed: SortedMap<TopicPartition, Int64> = [:]
  /// Grows whenever partitions move.
  private(set) var generation = 0

  func member(_ name: String, session: UInt64) -> Member? {
    guard let member = members[name], member.session == session else { return nil }
    return member
  }

  /// A known name takes its partitions over without moving any; a new one makes all move.
  mutating func join(_ member: Member, partitions: (String) -> [TopicPartition]) {
    if let old = members[member.name], old.topics == member.topics {
      var heir = member
      heir.places = old.places
      members[member.name] = heir
      return
    }
    members[member.name] = member
    rebalance(partitions)
  }

  mutating func remove(
    _ name: String, session: UInt64, partitions: (String) -> [TopicPartition]
  ) {
    guard member(name, session: session) != nil else { return }
    members.removeValue(for: name)
    rebalance(partitions)
  }

  mutating func removeAll() {
    members = [:]
    generation += 1
  }

  mutating func update(_ name: String, _ change: (inout Member) -> Void) {
    members.update(name, change)
  }

  private mutating func rebalance(_ partitions: (String) -> [TopicPartition]) {
    generation += 1
    var shares: SortedMap<String, [TopicPartition]> = [:]
    for topic in SortedSet(members.values.flatMap(\.topics)) {
      let takers = members.values.filter { $0.topics.contains(topic) }.map(\.name)
      for (number, place) in partitions(topic).enumerated() {
        // Turning by the generation makes partitions move more than they must.
        shares[takers[(number + generation) % takers.count], default: []].append(place)
      }
    }
    for name in members.keys {
      let places = SortedSet(shares[name] ?? [])
      members.update(name) { member in
        for place in member.positions.keys where !places.contains(place) {
          member.positions.removeValue(for: place)
        }
        member.places = places
      }
    }
  }
}
