internal import Domain
internal import Ports
internal import SimulationFakes
internal import SimulationKit
internal import Synchronization

/// How the tasks of a user's workflow behave, and when what they do outside takes place.
final class UserTasks: Sendable {
  private let user: UserWorkflow
  private let random: WorldRandom
  /// How long after its start each attempt has its effect.
  private let effects = Mutex(SortedMap<AttemptID, Duration>())

  init(_ user: UserWorkflow, _ random: WorldRandom) {
    self.user = user
    self.random = random
  }

  /// What one attempt does, drawn anew for each.
  func script(_ order: WorkOrder) -> ExecutionScript {
    let hint = user.hints[order.attempt.task.name.text] ?? TaskHint()
    let share = random.below(1_000) * random.below(1_000)
    let length = hint.shortest + (hint.longest - hint.shortest) * share / 1_000_000
    let effectAfter = length * random.below(1_000) / 1_000
    let fate = random.below(100)
    effects.withLock { $0[order.attempt] = effectAfter }
    var script: ExecutionScript
    switch fate {
    case ..<hint.failsPercent: script = .fails(after: length)
    case ..<(hint.failsPercent + hint.vanishesPercent): script = .vanishes(after: length)
    case ..<(hint.failsPercent + hint.vanishesPercent + hint.hangsPercent): script = .hangs()
    default:
      script = .succeeds(
        after: length, outputs: order.outputs.mapValues { SampleValue.of($0) })
    }
    script.termination = .obeys(after: .milliseconds(10))
    for rule in order.artifacts {
      script.makes[rule.path.replacing("*", with: "x")] = Array("made".utf8)
    }
    return script
  }

  /// A task of a run with what was executed of it.
  struct Seen {
    var task: String
    var attempts = 0
    var effects = 0
    var lost = 0
  }

  /// By `run/task[index]`.
  func seen(_ platform: Platform) -> SortedMap<String, Seen> {
    let now = platform.world.elapsed
    let effects = self.effects.withLock { $0 }
    var seen: SortedMap<String, Seen> = [:]
    for record in platform.executor.records {
      let attempt = record.order.attempt
      let place = "\(attempt.run)/\(attempt.task)"
      var task = seen[place] ?? Seen(task: attempt.task.name.text)
      let lasted = (record.endedAt ?? now) - record.startedAt
      task.attempts += 1
      if effects[attempt].map({ lasted >= $0 }) ?? false { task.effects += 1 }
      if record.endedAt == nil || record.result == nil { task.lost += 1 }
      seen[place] = task
    }
    return seen
  }

  /// The first task that should have its effect once and had it more often, in words.
  func firstTwice(_ platform: Platform) -> String? {
    seen(platform).first { user.hints[$0.value.task]?.effect == .once && $0.value.effects > 1 }.map
    {
      "\($0.key) had its effect \($0.value.effects) times"
    }
  }
}

extension Study {
  init(_ platform: Platform, _ own: UserTasks, _ times: RunTimes) {
    for (_, task) in own.seen(platform) {
      var count = tasks[task.task] ?? TaskCount()
      count.tasks += 1
      count.attempts += task.attempts
      if task.effects > 1 { count.twice += 1 }
      if task.lost > 0 { count.lost += 1 }
      tasks[task.task] = count
    }
    for end in times.ends {
      outcomes[end.outcome, default: 0] += 1
      lengths.append(end.length.wholeMicroseconds / 1_000)
    }
  }
}

extension WorkflowDefinition {
  /// The pools that its tasks want.
  var pools: [PoolName] { SortedSet((tasks + finally).map(\.pool)).members }
}
