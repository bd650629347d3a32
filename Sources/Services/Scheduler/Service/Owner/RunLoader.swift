internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit

/// Brings a stored run back: its row, its plan, its tasks.
struct RunLoader: Sendable {
  enum Failure: Error {
    case unavailable(String)
    /// The rows cannot be understood or their plan is gone.
    case broken(String)
  }

  static let tasksPerPage = 2_000

  let ports: SchedulerPorts
  let plans: PlanSource

  /// The machine of a run; nil when there is no such run.
  func load(_ id: RunID) async throws(Failure) -> RunMachine? {
    guard let stored = try await rows([id]).first ?? nil else { return nil }
    return try await load(stored)
  }

  func rows(_ ids: [RunID]) async throws(Failure) -> [Versioned<RunRecord>?] {
    do throws(StoreError) {
      return try await ports.store.get(SchedulerTables.runs, ids.map { [.text($0.text)] })
    } catch {
      throw RunLoader.failure(error)
    }
  }

  func endedRuns(_ ids: [RunID]) async throws(Failure) -> [Versioned<EndedRunRecord>?] {
    do throws(StoreError) {
      return try await ports.store.get(SchedulerTables.endedRuns, ids.map { [.text($0.text)] })
    } catch {
      throw RunLoader.failure(error)
    }
  }

  func tasks(_ attempts: [AttemptID]) async throws(Failure) -> [Versioned<TaskRecord>?] {
    do throws(StoreError) {
      return try await ports.store.get(
        SchedulerTables.tasks, attempts.map { SchedulerTables.taskKey($0.run, $0.task) })
    } catch {
      throw RunLoader.failure(error)
    }
  }

  /// The plan that a run goes by, as its row says.
  func plan(of record: RunRecord) async throws(Failure) -> Plan {
    try await plan(of: try state(of: record, stamp: 0), version: VersionID(record.version))
  }

  func load(_ stored: Versioned<RunRecord>) async throws(Failure) -> RunMachine {
    let run = try state(of: stored.record, stamp: stored.version.bits)
    let plan = try await plan(of: run, version: VersionID(stored.record.version))
    var restored: [RestoredTask] = []
    var cursor: RecordCursor?
    repeat {
      let page: (records: [Versioned<TaskRecord>], next: RecordCursor?)
      do throws(StoreError) {
        page = try await ports.store.query(
          SchedulerTables.tasks,
          RecordQuery(
            table: SchedulerTables.tasks.name, prefix: [.text(run.id.text)],
            limit: RunLoader.tasksPerPage, after: cursor))
      } catch {
        throw RunLoader.failure(error)
      }
      for row in page.records {
        guard let key = row.record.key, let state = row.record.state(stamp: row.version.bits) else {
          throw .broken("the row of task \(row.record.name) of \(run.id) cannot be understood")
        }
        restored.append(RestoredTask(key: key, state: state))
      }
      cursor = page.next
    } while cursor != nil
    return RunMachine(
      restoring: run, plan: plan, tasks: restored, keeping: try await keeping(run, plan, restored),
      at: ports.context.time.now())
  }

  /// A run that has ended, with some of its tasks: all others look as if they had never begun.
  func machine(
    of record: RunRecord, with tasks: [TaskRecord]
  ) async throws(Failure) -> RunMachine {
    let run = try state(of: record, stamp: 0)
    let plan = try await plan(of: record)
    let restored = tasks.compactMap { record in
      // Any stamp but 0, which is that of tasks without a row.
      record.key.flatMap { key in
        record.state(stamp: 1).map { RestoredTask(key: key, state: $0) }
      }
    }
    return RunMachine(restoring: run, plan: plan, tasks: restored, at: ports.context.time.now())
  }

  private func state(of record: RunRecord, stamp: UInt64) throws(Failure) -> RunState {
    guard let run = record.state(stamp: stamp) else {
      throw .broken("the row of run \(record.run) cannot be understood")
    }
    return run
  }

  /// What a rerun takes over and has not stored yet; nothing when the earlier run is gone.
  private func keeping(
    _ run: RunState, _ plan: Plan, _ rows: [RestoredTask]
  ) async throws(Failure) -> SortedMap<Int, KeptTask> {
    guard let kept = run.kept, !run.isOver else { return [:] }
    let stored = BitSet(rows.compactMap { plan.node(named: $0.key.name) })
    guard kept.nodes.members.contains(where: { !stored.contains($0) }) else { return [:] }
    return try await load(kept.source)?.keeping(kept, on: plan) ?? [:]
  }

  private func plan(of run: RunState, version: VersionID) async throws(Failure) -> Plan {
    do throws(PlanSource.Failure) {
      return try await plans.plan(
        PlanSource.Key(namespace: run.namespace, workflow: run.workflow, version: version))
    } catch {
      switch error {
      case .unavailable(let why): throw .unavailable(why)
      case .missing(let why):
        // A run may be quarantined because its definition is missing.
        guard case .quarantined = run.phase else { throw .broken(why) }
        return .empty(namespace: run.namespace, workflow: run.workflow, version: version)
      }
    }
  }

  private static func failure(_ error: StoreError) -> Failure {
    switch error {
    case .refused(let why): .broken(why)
    case .conflict, .outcomeUnknown, .unavailable: .unavailable("store: \(error)")
    }
  }
}

extension Plan {
  /// The plan of a run whose definition is not known: it has no tasks and only says what it was
  /// for.
  static func empty(
    namespace: NamespaceName, workflow: WorkflowName, version: VersionID
  ) -> Plan {
    Plan(WorkflowDefinition(namespace: namespace, name: workflow), version: version)
  }
}
