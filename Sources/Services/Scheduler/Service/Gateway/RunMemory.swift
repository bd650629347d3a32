internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore

/// The part of a run's tasks that a page shows: behind a key, up to one, and no more than so many.
struct TaskRange: Sendable {
  static let all = TaskRange(limit: .max)

  var after: TaskKey?
  /// Nil when there are no rows behind the page.
  var end: TaskKey?
  var limit: Int
}

/// What the rows of a page of tasks do not say: tasks without a row, derived reasons, claims.
struct RunMemory: Sendable {
  private struct Planned {
    var needs: [String]
    var isFinally: Bool
  }

  /// Tasks without a row, in the range of the page.
  private(set) var waiting: [TaskView] = []
  private(set) var claims: SortedMap<AttemptID, Claim> = [:]
  private var reasons: SortedMap<TaskKey, Reason> = [:]
  private var planned: SortedMap<TaskName, Planned> = [:]

  init(_ machine: RunMachine, rows: [TaskKey], in range: TaskRange, at now: Moment) {
    for key in rows {
      plan(machine.plan, key.name)
      guard let place = machine.place(of: key) else { continue }
      if let reason = machine.reason(of: place, at: now) { reasons[key] = reason }
    }
    // All of them, since most may have rows; the page's end and one task more end the search.
    for node in machine.plan.nodes(after: range.after?.name, limit: .max)
    where waiting.count <= range.limit {
      let place = TaskPlace(node)
      let key = machine.key(of: place)
      if let end = range.end, end < key { break }
      guard let task = machine.task(at: place), task.stamp == 0 else { continue }
      plan(machine.plan, key.name)
      waiting.append(
        TaskView(
          task: key.description, state: task.phase.word,
          reason: machine.reason(of: place, at: now).map(ReasonMessage.init)))
    }
  }

  private mutating func plan(_ plan: Plan, _ name: TaskName) {
    guard planned[name] == nil, let node = plan.node(named: name) else { return }
    planned[name] = Planned(
      needs: plan.nodes[node].definition.needs.map(\.task.text),
      isFinally: plan.nodes[node].isFinally)
  }

  /// An offered task with a lease is running.
  mutating func readClaims(
    of page: [TaskRecord], from store: any RecordStore
  ) async throws(RPCError) {
    let offered = page.filter { $0.phase == TaskRecord.Phase.offered }.compactMap(\.attempt)
    guard !offered.isEmpty else { return }
    do throws(StoreError) {
      let leases = try await store.get(
        SchedulerTables.leases, offered.map { [.text($0.description)] })
      claims = SortedMap(
        zip(offered, leases).compactMap { attempt, lease in
          lease?.record.claim.map { (attempt, $0) }
        })
    } catch {
      throw RPCError(error)
    }
  }

  func complete(_ view: inout TaskView) {
    guard let key = view.key else { return }
    if let known = planned[key.name] {
      view.needs = known.needs
      view.isFinally = known.isFinally
    }
    if view.reason == nil, view.state != TaskPhase.runningWord {
      view.reason = reasons[key].map(ReasonMessage.init)
    }
  }
}

extension TaskView {
  init(_ record: TaskRecord, claims: SortedMap<AttemptID, Claim>) {
    let claim = record.attempt.flatMap { claims[$0] }
    let state = record.state(stamp: 0)
    self.init(
      task: record.key?.description ?? record.name,
      state: claim == nil ? state?.phase.word ?? record.phase : TaskPhase.runningWord,
      reason: claim == nil ? record.reason : nil,
      attempts: record.attempts.map { AttemptView($0) }, outputs: record.outputs,
      revision: record.revision, itemCount: record.itemCount)
    if let claim, let last = attempts.indices.last {
      attempts[last].state = TaskPhase.runningWord
      attempts[last].worker = claim.worker
      if attempts[last].startedAtUs == nil {
        attempts[last].startedAtUs = claim.at.microseconds
      }
    }
  }

  var key: TaskKey? { TaskKey(text: task) }

  /// By key; what is no key comes first.
  var order: (TaskName, Int) {
    key.map { ($0.name, $0.index ?? -1) } ?? (TaskName(unchecked: ""), -1)
  }
}

extension AttemptView {
  init(_ record: AttemptRecord) {
    self.init(
      fence: record.fence, worker: record.worker,
      state: record.end.isEmpty ? "dispatched" : record.end, queuedAtUs: record.offeredAtUs,
      startedAtUs: record.startedAtUs, endedAtUs: record.endedAtUs, exitCode: record.exitCode,
      reason: record.reason, logLines: record.logLines, usage: record.usage)
  }
}

extension RunView {
  init(_ machine: RunMachine, at now: Moment) {
    let run = machine.run
    self.init(
      run: run.id.text, namespace: run.namespace.text, workflow: run.workflow.text,
      version: machine.plan.version.text, state: machine.stateWord,
      reason: machine.runReason(at: now).map(ReasonMessage.init), labels: run.labels,
      createdAtUs: run.createdAt.microseconds,
      startedAtUs: run.hasStarted ? run.startedAt.microseconds : nil,
      endedAtUs: run.endedAt?.microseconds, counts: machine.counts.mapValues(Int64.init),
      revision: run.revision, inputs: run.inputs.mapValues { ValueMessage($0) },
      rerunOf: run.kept?.source.text ?? "",
      priority: run.priority.rawValue)
  }

  /// From the row alone: exact for runs that have ended.
  init(_ record: RunRecord) {
    let run = record.state(stamp: 0)
    self.init(
      run: record.run, namespace: record.namespace, workflow: record.workflow,
      version: record.version, state: run?.word ?? RunState.Phase.quarantined.word,
      reason: run?.isPaused == true
        ? record.pause : run?.permitReason.map(ReasonMessage.init) ?? record.reason,
      labels: record.labels,
      createdAtUs: record.createdAtUs,
      startedAtUs: run?.hasStarted == false ? nil : record.startedAtUs,
      endedAtUs: record.endedAtUs, counts: record.counts, revision: record.revision,
      inputs: record.inputs, rerunOf: record.kept?.run ?? "", priority: record.priority)
  }
}
