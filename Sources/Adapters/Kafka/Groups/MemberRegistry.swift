internal import Synchronization

/// The memberships of this process: who joins under a taken name fences the one that had it, at
/// once when it is here.
final class MemberRegistry: Sendable {
  private struct Name: Hashable {
    var group: String
    var member: String
  }

  private struct Weak: Sendable { weak var membership: KafkaMembership? }

  private let members = Mutex<[Name: Weak]>([:])

  /// Enters the membership in place of the one that had its name.
  func replace(_ membership: KafkaMembership) async {
    let name = Name(group: membership.group, member: membership.member)
    let old = members.withLock { members in
      members = members.filter { $0.value.membership != nil }
      defer { members[name] = Weak(membership: membership) }
      return members[name]?.membership
    }
    await old?.end()
  }

  func closeAll() async {
    let all = members.withLock { members in
      defer { members = [:] }
      return members.values.compactMap(\.membership)
    }
    for membership in all { await membership.end(leaving: false) }
  }
}
