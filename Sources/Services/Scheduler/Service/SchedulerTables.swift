internal import Contracts
internal import Domain
public import Ports

/// The tables of the scheduler, as data.
public enum SchedulerTables {
  /// Everything a backend must build.
  public static let declarations: [TableDeclaration] = [
    partitions.declaration, plans.declaration, runs.declaration, tasks.declaration,
    leases.declaration, sessions.declaration, stops.declaration, pendingCommands.declaration,
    deadLetters.declaration, processes.declaration, endedRuns.declaration,
    limitClaims.declaration,
  ]

  /// Each partition has a shard of its own, which its owner pumps.
  static func outboxShard(of partition: Int) -> String { "scheduler-\(partition)" }

  static let processes = Table<SchedulerProcessRecord>(
    TableDeclaration(name: "scheduler_process", key: [.init("process", .text)]),
    key: { [.text($0.process)] })

  static let endedRuns = Table<EndedRunRecord>(
    TableDeclaration(
      name: "scheduler_ended_run", key: [.init("run", .text)],
      columns: [.init("archived_end_us", .integer, isNullable: true)],
      indexes: [.init("archived", on: ["archived_end_us"], isPartial: true)]),
    key: { [.text($0.run)] },
    // Only those that the archive has are in the index.
    columns: { [$0.archivedAtUs == nil ? .null : .integer($0.endedAtUs)] })

  static let partitions = Table<PartitionRecord>(
    TableDeclaration(name: "scheduler_partition", key: [.init("partition", .integer)]),
    key: { [.integer($0.partition)] })

  static let plans = Table<PlanRecord>(
    TableDeclaration(
      name: "scheduler_plan",
      key: [.init("namespace", .text), .init("workflow", .text), .init("version", .text)]),
    key: { [.text($0.namespace), .text($0.workflow), .text($0.version)] })

  static let runs = Table<RunRecord>(
    TableDeclaration(
      name: "scheduler_run", key: [.init("run", .text)],
      columns: [
        .init("partition", .integer, isNullable: true), .init("due_us", .integer, isNullable: true),
      ],
      indexes: [.init("live", on: ["partition", "due_us"], isPartial: true)]),
    key: { [.text($0.run)] },
    // Ended runs have no partition and so leave the index of live ones.
    columns: {
      $0.phase == "ended"
        ? [.null, .null] : [.integer($0.partition), .optional($0.deadlineUs)]
    })

  static let tasks = Table<TaskRecord>(
    TableDeclaration(
      name: "scheduler_task",
      key: [.init("run", .text), .init("name", .text), .init("instance", .integer)],
      columns: [
        .init("offered_pool", .text, isNullable: true),
        .init("offered_order", .integer, isNullable: true),
        .init("due_partition", .integer, isNullable: true),
        .init("due_us", .integer, isNullable: true),
      ],
      indexes: [
        .init("offered", on: ["offered_pool", "offered_order"], isPartial: true),
        .init("due", on: ["due_partition", "due_us"], isPartial: true),
      ]),
    key: { [.text($0.run), .text($0.name), .integer($0.index)] },
    columns: { task in
      let isOffered = task.phase == TaskRecord.Phase.offered
      return [
        isOffered ? .text(task.pool) : .null, isOffered ? .integer(task.orderUs) : .null,
        task.deadlineUs == nil ? .null : .integer(task.partition), .optional(task.deadlineUs),
      ]
    })

  static let leases = Table<LeaseRecord>(
    TableDeclaration(
      name: "scheduler_lease", key: [.init("attempt", .text)],
      columns: [.init("session", .text)],
      indexes: [.init("session", on: ["session"])]),
    key: { [.text($0.attempt)] }, columns: { [.text($0.session)] })

  static let sessions = Table<SessionRecord>(
    TableDeclaration(
      name: "scheduler_session", key: [.init("session", .text)],
      columns: [.init("is_swept", .integer)],
      indexes: [.init("swept", on: ["is_swept"])]),
    key: { [.text($0.session)] },
    // A session that was swept needs nobody's attention until it is forgotten.
    columns: { [.integer($0.isSwept ? 1 : 0)] })

  static let stops = Table<StopRecord>(
    TableDeclaration(
      name: "scheduler_stop",
      key: [.init("session", .text), .init("attempt", .text), .init("is_kill", .integer)]),
    key: { [.text($0.session), .text($0.attempt), .integer($0.isKill ? 1 : 0)] })

  static let pendingCommands = Table<PendingCommandRecord>(
    TableDeclaration(
      name: "scheduler_pending_command",
      key: [.init("run", .text), .init("command", .text)]),
    key: { [.text($0.run), .text($0.command)] })

  static let limitClaims = Table<LimitClaimRecord>(
    TableDeclaration(
      name: "scheduler_limit_claim",
      key: [.init("limit_key", .text), .init("run", .text)],
      columns: [
        .init("live_limit", .text, isNullable: true), .init("is_waiting", .integer),
        .init("due_partition", .integer, isNullable: true),
        .init("due_us", .integer, isNullable: true),
      ],
      indexes: [
        .init("live", on: ["live_limit", "is_waiting"], isPartial: true),
        .init("due", on: ["due_partition", "due_us"], isPartial: true),
      ]),
    key: { [.text($0.limit), .text($0.run)] },
    columns: { claim in
      let isGone = claim.phase == LimitClaimRecord.Phase.gone
      return [
        isGone ? .null : .text(claim.limit),
        .integer(claim.phase == LimitClaimRecord.Phase.waiting ? 1 : 0),
        claim.dueUs == nil ? .null : .integer(claim.partition), .optional(claim.dueUs),
      ]
    })

  static let deadLetters = Table<DeadLetterRecord>(
    TableDeclaration(
      name: "scheduler_dead_letter",
      key: [
        .init("topic", .text), .init("partition", .integer), .init("incarnation", .text),
        .init("record_offset", .integer),
      ]),
    key: {
      [.text($0.topic), .integer($0.partition), .text($0.incarnation), .integer($0.offset)]
    })

  static func taskKey(_ run: RunID, _ task: TaskKey) -> [RecordValue] {
    [.text(run.text), .text(task.name.text), .integer(Int64(task.index ?? -1))]
  }
}
