internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import Wire

/// A limit in its owner's memory: the machine, and what it has decided since the last commit.
final class LimitEntry {
  var machine: LimitMachine
  private var changed: SortedSet<RunID> = []

  init(_ machine: LimitMachine) {
    self.machine = machine
  }

  /// Sorts what follows from events into rows and messages.
  func take(_ effects: [LimitMachine.Effect], partition: Int, at now: Moment) -> [OutboxMessage] {
    var messages: [OutboxMessage] = []
    for effect in effects {
      let command: RunCommand
      switch effect {
      case .store(let run):
        changed.insert(run)
        continue
      case .grant(let run):
        command = RunCommand(command: "permit-granted", run: run.text, kind: .grantPermit)
      case .refuse(let run, let refusal):
        command = RunCommand(
          command: "permit-refused", run: run.text, kind: .refusePermit,
          outcome: refusal.kind.rawValue, by: refusal.by.text)
      case .supersede(let run, let newer):
        command = RunCommand(
          command: "superseded-by-\(newer)", run: run.text, kind: .supersede, by: newer.text)
      }
      messages.append(
        .command(command, about: machine.limit, outOf: partition, at: now))
    }
    return messages
  }

  /// The rows that say what was decided, over the versions that were read.
  func entries(partition: Int) -> [RecordBatch.Entry] {
    changed.compactMap { run in
      guard let claim = machine.claim(of: run) else { return nil }
      let record = LimitClaimRecord(claim, of: machine.limit, partition: partition)
      return claim.stamp == 0
        ? SchedulerTables.limitClaims.insert(record)
        : SchedulerTables.limitClaims.update(record, over: CommitID(bits: claim.stamp))
    }
  }

  /// The rows are stored: the machine learns their version and frees what it needs no more.
  func stored(as version: CommitID) {
    for run in changed { machine.stamped(run, version.bits) }
    changed = []
    machine.forgetGone()
  }
}

extension OutboxMessage {
  fileprivate static func command(
    _ command: RunCommand, about limit: LimitKey, outOf partition: Int, at now: Moment
  ) -> OutboxMessage {
    var command = command
    command.limit = limit.description
    command.askedAtUs = now.microseconds
    return OutboxMessage(
      shard: SchedulerTables.outboxShard(of: partition),
      record: BusRecord(
        topic: SchedulerTopics.commands, key: command.run, value: command.encoded()))
  }

  /// What a run wants of the keeper of a limit.
  static func request(
    _ kind: LimitRequest.Kind, _ limit: LimitKey, for run: RunID, permit: RunPermit? = nil
  ) -> OutboxMessage {
    let request = LimitRequest(
      limit: limit.description, run: run.text, kind: kind,
      size: Int32(clamping: permit?.size ?? 0), onLimit: permit?.onLimit.rawValue ?? "")
    return OutboxMessage(
      shard: SchedulerTables.outboxShard(of: Partitioning.partition(of: run.text)),
      record: BusRecord(
        topic: SchedulerTopics.limits, key: request.limit, value: request.encoded()))
  }
}
