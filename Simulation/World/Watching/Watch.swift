internal import Domain
internal import Ports
internal import SimulationFakes
internal import SimulationKit
public import SimulationOracles
internal import Synchronization

/// Shows a judge everything that happens at the fakes of a platform, right when it happens. The
/// first thing that must not be ends the world.
public struct Watch: Sendable {
  private let world: SimulatedWorld
  public let judge: Judge

  private let conductor: Conductor?
  private let times: RunTimes?
  private let chronicle: Chronicle?
  private let hasClosed = Flag()

  init(
    _ platform: Platform, _ judge: Judge, _ conductor: Conductor? = nil,
    times: RunTimes? = nil, _ chronicle: Chronicle? = nil
  ) {
    world = platform.world
    self.judge = judge
    self.conductor = conductor
    self.times = times
    self.chronicle = chronicle
    for (role, store) in platform.stores.all { watch(store, of: role) }
    platform.bus.observe { [self] in see(.published($0)) }
    platform.executor.observe { [self] number, record in see(Watch.fact(number, record)) }
    platform.webhooks.observe { [self] received in
      let fields = received.message.fields
      see(
        .received(
          MessageSeen(
            id: fields["webhook-id"] ?? "", destination: received.message.url,
            isSigned: fields["webhook-signature"] != nil)))
    }
    platform.mailer.observe { [self] received in
      let mail = received.message
      see(.received(MessageSeen(id: mail.id, destination: mail.to, isSigned: true)))
    }
  }

  /// Shows nothing any more: what happens from now on is another life, which this judge cannot
  /// judge.
  func close() { hasClosed.raise() }

  func see(_ fact: Fact) {
    guard !hasClosed.isRaised else { return }
    chronicle?.note(fact, at: world.elapsed)
    conductor?.see(fact)
    times?.see(fact, at: world.elapsed)
    guard let violation = judge.see(fact, at: world.elapsed).first else { return }
    chronicle?.note(world.elapsed, "judge", "\(violation)")
    world.fail(violation.description)
  }

  private func watch(_ store: FakeRecordStore, of role: Role) {
    let reader = Mutex(RecordReader())
    store.observe { [self] applied in
      do {
        let changes = try reader.withLock { reader in
          try applied.batch.entries.compactMap { entry -> RecordChange? in
            switch entry.change {
            case .insert(let row), .update(let row, _):
              try reader.change(entry.table, key: row.key, body: row.body)
            case .delete(let key, _): try reader.change(entry.table, key: key, body: nil)
            case .guard: nil
            }
          }
        }
        see(
          .committed(
            Commit(
              store: role.rawValue, writer: applied.writer?.description, changes: changes,
              messages: applied.batch.messages.map(\.record))))
      } catch {
        world.fail("a row of \(role) was written that cannot be read: \(error)")
      }
    }
  }

  private static func fact(_ number: Int, _ record: ExecutionRecord) -> Fact {
    let seen = ExecutionSeen(
      number: number, attempt: record.order.attempt, process: record.process.description,
      result: record.result)
    return record.endedAt == nil ? .executionBegan(seen) : .executionEnded(seen)
  }
}

private final class Flag: Sendable {
  private let state = Mutex(false)

  var isRaised: Bool { state.withLock { $0 } }
  func raise() { state.withLock { $0 = true } }
}
