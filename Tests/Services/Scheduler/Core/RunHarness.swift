import Domain
import TestSupport

@testable import SchedulerCore

/// A run with a store, leases and workers around it, all in values: what the shell does, without
/// one.
struct RunHarness {
  var machine: RunMachine
  let plan: Plan
  /// What the store holds: rows only change when a batch commits.
  var runRow: RunState
  /// When the run's row says that its owner must look; what its tasks' rows say comes on top.
  var runRowDeadline: Moment?
  /// What a rerun takes over: the shell reads it from the earlier run each time.
  let keeping: SortedMap<Int, KeptTask>
  var rows: SortedMap<TaskPlace, TaskState> = [:]
  var leases: SortedMap<AttemptID, Claim> = [:]
  /// Attempts that a worker runs and has not reported.
  var running: SortedSet<AttemptID> = []
  var stopsAsked: SortedSet<AttemptID> = []
  /// Every report that was ever sent: it may come again.
  var reports: [(TaskKey, Fence, AttemptReport)] = []
  var volatile: [RunEffect] = []
  var announced: [RunOutcome] = []
  var asked: [RunPermit] = []
  var givenBack: [LimitKey] = []
  var violations: [String] = []
  var now = Moment(microseconds: 1_000_000)
  var random: SplitMix
  /// Tasks in flight at once.
  var windowSize = 4

  init(_ definition: WorkflowDefinition, seed: UInt64 = 1) {
    self.init(Plan(definition, version: VersionID("v1")), seed: seed)
  }

  /// - Parameter kept: makes the run a rerun that takes these tasks over.
  init(
    _ plan: Plan, seed: UInt64 = 1, kept: KeptTasks? = nil, keeping: SortedMap<Int, KeptTask> = [:]
  ) {
    self.plan = plan
    self.keeping = keeping
    random = SplitMix(state: seed)
    var run = RunState(
      id: RunID(SortableID(high: 1, low: 1)), namespace: .default,
      workflow: plan.definition.name, createdAt: now, startedAt: now)
    run.kept = kept
    machine = RunMachine(starting: run, plan: plan, keeping: keeping)
    runRow = machine.run
    runRowDeadline = machine.storedDeadline
    batch([])
  }

  /// One batch of the owner: events, work that is left, offers, commit.
  mutating func batch(_ events: [RunEvent]) {
    var effects: [RunEffect] = []
    for event in events { effects += machine.apply(event, at: now) }
    effects += machine.apply(.workContinued(rowsMax: 7), at: now)
    for pool in machine.readyPools {
      while machine.inFlight[pool] ?? 0 < windowSize, let place = machine.nextReady(in: pool) {
        effects += machine.apply(.offered(place), at: now)
      }
    }
    effects += machine.closeBatch()
    commit(effects)
    check()
  }

  private mutating func commit(_ effects: [RunEffect]) {
    var changed: SortedSet<TaskPlace> = []
    for effect in effects {
      switch effect {
      case .storeRun:
        runRow = machine.run
        runRowDeadline = machine.storedDeadline
      case .storeTask(let place): changed.insert(place)
      case .requestStop(let attempt, _, _, _): stopsAsked.insert(attempt)
      case .announceEnd(let outcome): announced.append(outcome)
      case .askPermit(let permit): asked.append(permit)
      case .giveBackPermit(let limit): givenBack.append(limit)
      case .hint, .readLease, .checkOffer: volatile.append(effect)
      }
    }
    for place in changed {
      guard let task = machine.task(at: place) else { continue }
      if let before = rows[place], before.phase.isEnded, before.phase != task.phase {
        violations.append("\(place) left its final state")
      }
      if let before = rows[place], task.fence < before.fence {
        violations.append("\(place) lost its fence")
      }
      if case .stopping = runRow.phase, task.fence > rows[place]?.fence ?? Fence(0) {
        violations.append("\(place) was offered in a run that stops")
      }
      rows[place] = task
      machine.stamped(place, 1)
      machine.settleMemory(of: place)
    }
  }

  /// The owner dies and another one loads what was stored.
  mutating func restart() {
    volatile = []
    let tasks = rows.map { place, task in
      var stored = task
      if case .offered(let offer) = task.phase { stored.phase = .offered(Offer(at: offer.at)) }
      return RestoredTask(key: machine.key(of: place), state: stored)
    }
    machine = RunMachine(
      restoring: runRow, plan: plan, tasks: tasks.sorted { $0.key < $1.key }, keeping: keeping,
      at: now)
    batch([])
  }

  // MARK: Workers

  /// A worker claims an attempt that the store offers.
  mutating func claim(_ place: TaskPlace) {
    guard let row = rows[place], case .offered = row.phase else { return }
    let attempt = AttemptID(run: runRow.id, task: machine.key(of: place), fence: row.fence)
    guard leases[attempt] == nil else { return }
    let claim = Claim(session: SessionID(SortableID(high: 2, low: 2)), worker: "w", at: now)
    leases[attempt] = claim
    running.insert(attempt)
    for need in plan.nodes[place.node].needs
    where rows[TaskPlace(need.node)]?.phase.outcome?.satisfies(need.outcome) != true
      && rows[TaskPlace(need.node)]?.isSkippedByHand != true
    {
      violations.append("\(attempt) started before \(plan.nodes[need.node].definition.name)")
    }
    if random.chance(50) { batch([.claimed(attempt.task, attempt.fence, claim)]) }
  }

  /// A worker reports how an attempt ended.
  mutating func report(_ attempt: AttemptID, _ result: AttemptReport.Result) {
    running.remove(attempt)
    let report = AttemptReport(result, worker: "w", startedAt: now, endedAt: now)
    reports.append((attempt.task, attempt.fence, report))
    batch([.attemptEnded(attempt.task, attempt.fence, report)])
  }

  /// Does what was left for after the commit, or loses it.
  mutating func followUp() {
    let effects = volatile
    volatile = []
    for effect in effects where !random.chance(10) {
      switch effect {
      case .readLease(let attempt):
        batch([.leaseRead(attempt.task, attempt.fence, leases[attempt])])
      case .checkOffer(let attempt, _):
        if let claim = leases[attempt] {
          batch([.claimed(attempt.task, attempt.fence, claim)])
        }
      case .storeRun, .storeTask, .requestStop, .announceEnd, .hint, .askPermit, .giveBackPermit:
        continue
      }
    }
  }

  /// The attempt with the number of the try that it is: an attempt that was taken back before
  /// anybody claimed it has a fence too, but is no try.
  func tried(_ attempt: AttemptID) -> AttemptID {
    let claimed = leases.keys.filter { $0.task == attempt.task && $0.fence <= attempt.fence }
    return AttemptID(run: attempt.run, task: attempt.task, fence: Fence(claimed.count))
  }

  /// Lets everything happen until the run has ended, results chosen by `outcome` from the task and
  /// the number of the try.
  mutating func runToEnd(
    steps: Int = 20_000, _ outcome: (AttemptID) -> AttemptReport.Result
  ) {
    for _ in 0..<steps where !machine.isEnded {
      followUp()
      for place in rows.keys { claim(place) }
      for attempt in running {
        report(attempt, stopsAsked.contains(attempt) ? .stopped : outcome(tried(attempt)))
      }
      if let deadline = machine.deadline, running.isEmpty, volatile.isEmpty {
        now = max(now, deadline)
        batch([.timeReached])
      } else {
        batch([])
      }
    }
  }

  // MARK: Checks

  /// What must hold after every batch.
  mutating func check() {
    var counts: SortedMap<String, Int> = [:]
    var inFlight: SortedMap<PoolName, Int> = [:]
    for node in plan.nodes.indices {
      counts[machine.tasks[node].phase.word, default: 0] += 1
      for place in places(of: node) where machine.task(at: place)?.phase.isInFlight == true {
        inFlight[plan.nodes[node].definition.pool, default: 0] += 1
      }
    }
    if counts != machine.counts { violations.append("counts \(machine.counts) are not \(counts)") }
    let mine = SortedMap(machine.inFlight.filter { $0.value != 0 }.map { ($0.key, $0.value) })
    if mine != inFlight { violations.append("in flight \(mine) is not \(inFlight)") }
    checkWaiting()
    for node in plan.nodes.indices {
      guard let limit = plan.nodes[node].definition.forEach?.maxParallel else { continue }
      let live = places(of: node).filter {
        $0.instance != nil && machine.task(at: $0)?.phase.isEnded == false
      }
      if live.count > limit { violations.append("\(live.count) instances exceed \(limit)") }
    }
    if !machine.isEnded, !machine.readyPools.isEmpty, runRowDeadline.map({ $0 <= now }) != true {
      violations.append("ready tasks that nobody would find after a takeover")
    }
    if machine.run.isPaused, !machine.hasWork {
      for node in plan.nodes.indices {
        for place in places(of: node) {
          guard case .offered(let offer) = machine.task(at: place)?.phase else { continue }
          if offer.claim == nil { violations.append("\(place) is offered in a paused run") }
        }
      }
    }
    if announced.count > 1 { violations.append("announced \(announced)") }
  }

  /// What is said to wait for workers is what does, by a look at every task.
  private mutating func checkWaiting() {
    var waiting: SortedMap<PoolName, WaitingTasks> = [:]
    for node in plan.nodes.indices where machine.run.mayDispatch {
      for place in places(of: node) {
        switch machine.task(at: place)?.phase {
        case .ready(let since):
          waiting[pool(of: node), default: WaitingTasks()].add(WaitingTasks(1, since: since))
        case .offered(let offer) where offer.claim == nil:
          waiting[pool(of: node), default: WaitingTasks()].add(WaitingTasks(1, since: offer.at))
        default: continue
        }
      }
    }
    for pool in Set(plan.nodes.indices.map(pool(of:))) {
      let told = machine.waiting(in: pool)
      let there = waiting[pool] ?? WaitingTasks()
      if told != there { violations.append("\(told) waits in \(pool), and is \(there)") }
    }
  }

  private func pool(of node: Int) -> PoolName { plan.nodes[node].definition.pool }

  func places(of node: Int) -> [TaskPlace] {
    [TaskPlace(node)]
      + (machine.groups[node]?.instances.indices.map { TaskPlace(node, $0) } ?? [])
  }

  func outcome(_ name: String) -> TaskOutcome? {
    plan.node(named: TaskName(unchecked: name)).flatMap { machine.tasks[$0].phase.outcome }
  }
}

extension TaskDefinition {
  /// A task that calls a function and needs others.
  static func call(
    _ name: String, needs: [(String, Need.Outcome)] = [], attempts: Int = 1,
    limits: TimeLimits = TimeLimits(), forEach: ForEach? = nil
  ) -> TaskDefinition {
    TaskDefinition(
      name: TaskName(unchecked: name),
      needs: needs.map { Need(TaskName(unchecked: $0.0), $0.1) }, forEach: forEach,
      work: .call(function: "noop", arguments: [:]), limits: limits,
      retry: RetryPolicy(attemptsMax: attempts))
  }
}

extension WorkflowDefinition {
  static func of(
    _ tasks: [TaskDefinition], finally: [TaskDefinition] = [], timeout: Duration? = nil
  ) -> WorkflowDefinition {
    WorkflowDefinition(
      namespace: .default, name: WorkflowName(unchecked: "w"), timeout: timeout,
      tasks: tasks.sorted { $0.name < $1.name }, finally: finally)
  }
}

extension ForEach {
  /// Over the numbers below `count`.
  static func numbers(_ count: Int, maxParallel: Int? = nil) throws -> ForEach {
    ForEach(items: try ExpressionParser.parse("range(\(count))"), maxParallel: maxParallel)
  }

  /// How many numbers it is over.
  var count: Int { Int(items.source.filter(\.isNumber)) ?? 0 }
}
