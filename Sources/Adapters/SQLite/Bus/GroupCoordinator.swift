internal import Ports
internal import Synchronization

/// Consumer groups of this process: who is a member, which partitions are whose, and how far each
/// group has come.
///
/// Partitions of a topic go round the members that want it, by name; the same partition of several
/// topics meets at one member. What moves starts at the group's committed offset.
final class GroupCoordinator: Sendable {
  private struct Member {
    let id: UInt64
    let topics: [String]
    /// The partitions that it has, with the offset that it reads next.
    var positions: [TopicPartition: Int64] = [:]
  }

  private struct Group {
    var members: [String: Member] = [:]
    var committed: [TopicPartition: Int64] = [:]
  }

  private struct State {
    var groups: [String: Group] = [:]
    var lastID: UInt64 = 0
  }

  private let state = Mutex(State())
  private let directory: LogDirectory
  private let room: WaitingRoom
  private let membersMax: Int

  init(_ directory: LogDirectory, _ room: WaitingRoom, membersMax: Int) {
    self.directory = directory
    self.room = room
    self.membersMax = membersMax
  }

  /// Adds a member, in place of the one that had its name.
  ///
  /// - Parameter stored: the group's offsets as the file has them.
  /// - Returns: the id of the membership.
  func join(
    _ name: String, _ member: String, _ topics: [String], _ stored: [TopicPartition: Int64]
  ) throws(EngineError) -> UInt64 {
    let joined: (id: UInt64, affected: [UInt64])? = state.withLock { state in
      var group = state.groups[name] ?? Group()
      guard group.members.count < membersMax || group.members[member] != nil else { return nil }
      group.committed.merge(stored, uniquingKeysWith: max)
      let affected = group.members.values.map(\.id)
      state.lastID += 1
      group.members[member] = Member(id: state.lastID, topics: topics)
      share(&group)
      state.groups[name] = group
      return (state.lastID, affected)
    }
    guard let joined else {
      throw .refused("group \(name) has \(membersMax) members and may not have more")
    }
    room.wake(joined.affected.map(Channel.membership))
    return joined.id
  }

  /// Removes the member unless it was replaced or has left.
  func leave(_ name: String, _ id: UInt64) {
    let affected: [UInt64] = state.withLock { state in
      guard var group = state.groups[name],
        let member = group.members.first(where: { $0.value.id == id })?.key
      else { return [] }
      let affected = group.members.values.map(\.id)
      group.members[member] = nil
      share(&group)
      state.groups[name] = group
      return affected
    }
    room.wake(affected.map(Channel.membership))
  }

  /// The member's partitions and where it reads next; nil when it is not in its group any more.
  func positions(_ name: String, _ id: UInt64) -> [TopicPartition: Int64]? {
    state.withLock { $0.groups[name]?.members.values.first { $0.id == id }?.positions }
  }

  /// Takes note of what the member was handed and answers what it may have: nothing of partitions
  /// that have moved meanwhile, nothing that another call of it was handed. Nil when it is not in
  /// its group any more.
  func hand(_ deliveries: [BusDelivery], to name: String, _ id: UInt64) -> [BusDelivery]? {
    state.withLock { state in
      change(&state, name, id) { member in
        var positions = member.positions
        let handed = deliveries.filter { delivery in
          guard let position = positions[delivery.place], delivery.offset >= position else {
            return false
          }
          positions[delivery.place] = delivery.offset + 1
          return true
        }
        member.positions = positions
        return handed
      }
    }
  }

  /// The records before `offset` are gone: the group goes on there, whoever reads.
  func skip(_ place: TopicPartition, to offset: Int64, of name: String, _ id: UInt64) {
    state.withLock { state in
      state.groups[name]?.committed[place] = offset
      _ = change(&state, name, id) { member in
        if member.positions[place] != nil { member.positions[place] = offset }
      }
    }
  }

  /// The offsets are stored.
  func committed(_ offsets: [TopicPartition: Int64], of name: String) {
    state.withLock { $0.groups[name]?.committed.merge(offsets, uniquingKeysWith: max) }
  }

  /// Shares the partitions anew; a member keeps its place in those that stay with it.
  private func share(_ group: inout Group) {
    var shares: [String: [TopicPartition: Int64]] = [:]
    for topic in Set(group.members.values.flatMap(\.topics)) {
      let takers = group.members.filter { $0.value.topics.contains(topic) }.keys.sorted()
      for log in directory[topic]?.logs ?? [] {
        let taker = takers[log.place.partition % takers.count]
        let position =
          group.members[taker]?.positions[log.place] ?? group.committed[log.place]
          ?? log.bounds().earliest
        shares[taker, default: [:]][log.place] = position
      }
    }
    for name in group.members.keys { group.members[name]?.positions = shares[name] ?? [:] }
  }

  private func change<Answer>(
    _ state: inout State, _ name: String, _ id: UInt64, _ body: (inout Member) -> Answer
  ) -> Answer? {
    guard let key = state.groups[name]?.members.first(where: { $0.value.id == id })?.key,
      var member = state.groups[name]?.members[key]
    else { return nil }
    let answer = body(&member)
    state.groups[name]?.members[key] = member
    return answer
  }
}
