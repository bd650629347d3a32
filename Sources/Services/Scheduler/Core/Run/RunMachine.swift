public import Domain

/// One run of a workflow, from its start to its end: which tasks may start, what their results
/// mean, when it is over.
///
/// The cost of an event does not grow with the size of the run: an event touches a few tasks, and
/// what touches many (fan-out, expansion, stopping everything) is queued as `work` and continued by
/// `workContinued` in portions. Work is never stored: `init(restoring:)` derives it from the rows.
public struct RunMachine: Sendable {
  /// Something that touches many tasks, with how far it has come.
  enum Work: Hashable, Sendable {
    /// All needs of the task have ended: decide what becomes of it.
    case settle(node: Int)
    /// The task has ended: its dependants from this place on have one open need less.
    case propagate(node: Int, from: Int)
    /// Create instances of a `forEach` task while there is room.
    case expand(node: Int)
    /// Stop the tasks from this number on; instances of that task from the given one on.
    case stop(StopCause, from: Int, instance: Int)
    /// Take back what is offered and not known to be claimed, from this task and instance on.
    case withdrawOffers(from: Int, instance: Int)
    /// Take over from the earlier run, from this task on.
    case keep(from: Int)
  }

  /// The instances of one `forEach` task.
  struct Group: Sendable {
    var items: [Value]
    /// Dense from 0; an item beyond has no instance yet.
    var instances: [TaskState] = []
    var endedCount = 0

    /// Instances that exist and have not ended.
    var liveCount: Int { instances.count - endedCount }
  }

  struct Deadline: Comparable, Sendable {
    var at: Moment
    var place: TaskPlace

    static func < (left: Deadline, right: Deadline) -> Bool {
      (left.at, left.place) < (right.at, right.place)
    }
  }

  public let plan: Plan
  public internal(set) var run: RunState
  var tasks: [TaskState]
  var groups: [Group?]
  /// Needs of each task that have not ended.
  var openNeeds: [Int]
  /// Main and finally tasks that have not ended.
  var openMain: Int
  var openFinally: Int
  var hasFailedTask = false
  var work: [Work] = []
  var workHead = 0
  /// Whether the stored run row says that work is left.
  var isMarkedBusy = false
  /// Ready tasks of each pool.
  var ready: SortedMap<PoolName, ReadyQueue> = [:]
  /// Tasks of each pool that want a worker, the one that has waited longest first.
  var waits: SortedMap<PoolName, WaitQueue> = [:]
  var deadlines = Heap<Deadline>()
  /// What a rerun takes over and has not stored yet, by task number.
  var keeping: SortedMap<Int, KeptTask> = [:]
  var effects: [RunEffect] = []
  /// Plan tasks in each state, by the word that users see.
  public internal(set) var counts: SortedMap<String, Int> = [:]
  /// Tasks in flight in each pool.
  public internal(set) var inFlight: SortedMap<PoolName, Int> = [:]

  /// Instances of one task that exist at once without having ended, unless `maxParallel` is less.
  static let instancesAdmittedMax = 2_000

  /// A run that begins.
  ///
  /// - Parameter keeping: the tasks that `run.kept` names, by their number.
  public init(starting run: RunState, plan: Plan, keeping: SortedMap<Int, KeptTask> = [:]) {
    self.init(plan: plan, run: run)
    self.keeping = keeping
    self.run.revision += 1
    begin(at: run.startedAt)
  }

  init(plan: Plan, run: RunState) {
    self.plan = plan
    self.run = run
    tasks = Array(repeating: TaskState(), count: plan.nodes.count)
    groups = Array(repeating: nil, count: plan.nodes.count)
    openNeeds = plan.nodes.map(\.needs.count)
    openMain = plan.mainCount
    openFinally = plan.nodes.count - plan.mainCount
    counts = plan.nodes.isEmpty ? [:] : [TaskPhase.waiting.word: plan.nodes.count]
  }

  /// Applies one event and returns what follows from it, in order.
  public mutating func apply(_ event: RunEvent, at now: Moment) -> [RunEffect] {
    switch event {
    case .attemptEnded(let task, let fence, let report):
      endAttempt(task, fence, report, at: now)
    case .claimed(let task, let fence, let claim):
      noteClaim(task, fence, claim)
    case .leaseRead(let task, let fence, let claim):
      decideWithdrawal(task, fence, claim, at: now)
    case .offered(let place):
      offer(place, at: now)
    case .cancelled(let command, let reason):
      stopRun(.cancelled, command: command, reason, at: now)
    case .killed(let command, let reason):
      stopRun(.killed, command: command, reason, at: now)
    case .paused(let command, let reason):
      pause(command, reason)
    case .resumed(let command):
      resume(command, at: now)
    case .overridden(let command, let task, let override):
      overrideTask(command, task, override, at: now)
    case .permitGranted(let limit):
      takePermit(limit, at: now)
    case .permitRefused(let limit, let isSkip, let reason):
      refusePermit(limit, isSkip: isSkip, reason, at: now)
    case .quarantined(let reason):
      quarantine(reason)
    case .timeReached:
      reachTime(now)
    case .workContinued(let rowsMax):
      continueWork(rowsMax: rowsMax, at: now)
    }
    return takeEffects()
  }

  /// Ends what is decided together: the run row is written only if it must say something new.
  ///
  /// It says while work is left, or tasks wait for room in their pool's window, that its owner must
  /// look at once, so that whoever takes the partition over loads the run and goes on.
  public mutating func closeBatch() -> [RunEffect] {
    if wantsOwner != isMarkedBusy {
      isMarkedBusy = wantsOwner
      storeRun()
    }
    return takeEffects()
  }

  /// Whether something can go on without any event.
  var wantsOwner: Bool { hasWork || !readyPools.isEmpty }

  private mutating func takeEffects() -> [RunEffect] {
    let taken = effects
    effects = []
    return taken
  }

  /// Whether `workContinued` would do something.
  public var hasWork: Bool { workHead < work.count }

  /// Whether nothing can happen to the run any more.
  public var isEnded: Bool {
    switch run.phase {
    case .ended, .quarantined: !hasWork
    case .running, .stopping, .finishing: false
    }
  }

  /// The task at a place; nil for places that do not exist.
  public func task(at place: TaskPlace) -> TaskState? {
    guard tasks.indices.contains(place.node) else { return nil }
    guard let instance = place.instance else { return tasks[place.node] }
    guard let group = groups[place.node], group.instances.indices.contains(instance) else {
      return nil
    }
    return group.instances[instance]
  }

  /// How many items a `forEach` task has; nil for other tasks and before it was expanded.
  public func itemCount(of place: TaskPlace) -> Int? {
    guard place.instance == nil, groups.indices.contains(place.node) else { return nil }
    return groups[place.node]?.items.count
  }

  /// The place of a key; nil for tasks that the plan or the run does not have.
  public func place(of key: TaskKey) -> TaskPlace? {
    guard let node = plan.node(named: key.name) else { return nil }
    let place = TaskPlace(node, key.index)
    return task(at: place) == nil ? nil : place
  }

  public func key(of place: TaskPlace) -> TaskKey {
    TaskKey(plan.nodes[place.node].definition.name, index: place.instance)
  }

  func attemptID(of place: TaskPlace, _ fence: Fence) -> AttemptID {
    AttemptID(run: run.id, task: key(of: place), fence: fence)
  }

  /// Changes a task in place, without copying it.
  mutating func change(_ place: TaskPlace, _ body: (inout TaskState) -> Void) {
    if let instance = place.instance {
      groups[place.node]?.instances[instance].modify(body)
    } else {
      tasks[place.node].modify(body)
    }
  }

  mutating func storeRun() {
    run.revision += 1
    effects.append(.storeRun)
  }

  /// Tells the machine which version the stored rows have now.
  public mutating func stamped(run stamp: UInt64) { run.stamp = stamp }

  public mutating func stamped(_ place: TaskPlace, _ stamp: UInt64) {
    change(place) { $0.stamp = stamp }
  }

  /// Frees what is not needed any more of a task whose final state has been stored.
  public mutating func settleMemory(of place: TaskPlace) {
    let keepsOutputs = plan.nodes[place.node].areOutputsRead
    change(place) { task in
      guard task.phase.isEnded else { return }
      task.attempts = []
      if !keepsOutputs { task.outputs = [:] }
    }
  }
}
