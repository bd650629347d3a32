internal import Domain
internal import Ports
internal import Synchronization
internal import SystemAdapter

/// Commits that come while others are under way wait for these, and then go together: one
/// transaction for all that have no row in common. Nobody waits for others to come.
///
/// When one of them cannot be done as it is, the halves are tried, and at last each by itself, so
/// that none suffers for another one.
final class GroupCommit: Sendable {
  private struct Member: Sendable {
    let batch: CheckedBatch
    let deadline: Uptime
    let answer = PendingAnswer<Exchange.Outcome>()
  }

  private struct State {
    var underWay = 0
    var waiting: [Member] = []
  }

  /// Transactions of one process under way at once; what comes meanwhile is joined.
  static let underWayMax = 4
  /// Entries of a group. A batch that has more goes by itself, as it makes good use of a
  /// transaction.
  static let entriesMax = 512
  static let entriesOfOneMax = 64

  private let pool: SessionPool
  private let outbox: Outbox
  private let state = Mutex(State())

  init(_ pool: SessionPool, _ outbox: Outbox) {
    self.pool = pool
    self.outbox = outbox
  }

  func run(_ batch: CheckedBatch) async -> Exchange.Outcome {
    let start = pool.time.uptime()
    let member = Member(batch: batch, deadline: start + pool.configuration.answerWithin)
    defer { pool.measure(since: start, isWrite: true) }
    return await withTaskCancellationHandler {
      await member.answer.value { add(member) }
    } onCancel: {
      member.answer.end(.failure(.lost("the caller was cancelled")))
    }
  }

  private func add(_ member: Member) {
    enum Verdict { case start, wait, refuse }
    let verdict = state.withLock { state -> Verdict in
      if state.underWay < GroupCommit.underWayMax {
        state.underWay += 1
        return .start
      }
      guard state.waiting.count < pool.configuration.waitingMax else { return .refuse }
      state.waiting.append(member)
      return .wait
    }
    switch verdict {
    case .start: begin([member])
    case .wait: break
    case .refuse:
      let why = "\(pool.configuration.waitingMax) commits wait for the database already"
      member.answer.end(.failure(.unreachable(why)))
    }
  }

  private func begin(_ members: [Member]) {
    send(members) { [self] in
      let next = state.withLock { state in
        let group = GroupCommit.takeGroup(from: &state.waiting)
        if group.isEmpty { state.underWay -= 1 }
        return group
      }
      if !next.isEmpty { begin(next) }
    }
  }

  /// - Parameter ended: called when the database has answered for the first time.
  private func send(_ members: [Member], ended: @escaping @Sendable () -> Void = {}) {
    let batch =
      members.count == 1 ? members[0].batch : CheckedBatch(joining: members.map(\.batch))
    let deadline = members.map(\.deadline).min() ?? pool.time.uptime()
    let calls = BatchPlan(batch, outbox).calls
    let exchange = Exchange(calls, isWrite: true, until: deadline) { [self] outcome in
      if case .failure(.refused) = outcome, members.count > 1 {
        send(Array(members[..<(members.count / 2)]))
        send(Array(members[(members.count / 2)...]))
      } else {
        for member in members { member.answer.end(outcome) }
      }
      ended()
    }
    pool.begin(exchange)
  }

  /// The first that waits, and those behind it that go well with it.
  private static func takeGroup(from waiting: inout [Member]) -> [Member] {
    guard let first = waiting.first else { return [] }
    guard waiting.count > 1, first.batch.entryCount <= entriesOfOneMax else {
      return [waiting.removeFirst()]
    }
    var group: [Member] = []
    var left: [Member] = []
    var keys: Set<CheckedBatch.Key> = []
    var count = 0
    for member in waiting {
      let wanted = member.batch.entryCount
      let own = wanted <= entriesOfOneMax && count + wanted <= entriesMax ? member.batch.keys : nil
      guard let own, keys.isDisjoint(with: own) else {
        left.append(member)
        // Whoever comes later must not overtake it where they share a row.
        keys.formUnion(member.batch.keys)
        continue
      }
      keys.formUnion(own)
      count += wanted
      group.append(member)
    }
    waiting = left
    return group
  }
}
