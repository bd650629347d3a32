import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Synchronization
import TestSupport
import Testing

@testable import SchedulerService

/// What workers ask: sessions, claims, heartbeats.
struct ClaimTests {
  @Test func `any scheduler grants, a repeated claim answers yours, another session gets nothing`()
    throws
  {
    try Simulation.run(seed: 1) { world in
      let scene = try SchedulerScene(world)
      scene.scheduler("scheduler-1")
      scene.scheduler("scheduler-2")
      let (mine, other) = (SessionID.sample(1), SessionID.sample(2))
      try await scene.open(mine, worker: "one")
      try await scene.open(other, worker: "two")
      let run = scene.start(.sample())
      let attempt = try await scene.offered(run)
      // Ten calls land on both of them.
      for _ in 0..<10 {
        let answer = try await scene.claim(mine, [attempt], max: 1)
        #expect(answer.items.map(\.verdict) == [.yours])
        #expect(answer.items.first?.order?.environment["MILLRACE_TASK"] == "task")
        let denied = try await scene.claim(other, [attempt])
        #expect(denied.items.map(\.verdict) == [.gone])
      }
      #expect(scene.leases.map(\.session) == [mine.text])
      #expect(try await scene.tasks(run).map(\.state) == ["running"])
      #expect(try await scene.tasks(run).first?.attempts.first?.worker == "one")
      #expect(scene.judge.violations == [])
    }
  }

  /// Goal: what is to be done does not depend on who is asked.
  /// Method: claims that land on the owner and on another scheduler, for a task whose order is the
  /// same whatever happens in its run, and for one that has to look at it.
  @Test func `an order is the same from memory and from rows`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler("scheduler-1")
      scene.scheduler("scheduler-2")
      let session = SessionID.sample(1)
      try await scene.open(session)
      var definition = WorkflowDefinition.sample(
        tasks: [
          .sample("fixed", work: .run(argv: [Template(text: "echo"), Template(text: "a")])),
          .sample(
            "open",
            work: .run(argv: [
              Template(text: "echo"),
              Template([.expression(try ExpressionParser.parse("inputs.n"))]),
            ])),
        ])
      definition.inputs = ["n": InputDefinition(type: .integer)]
      let run = scene.start(definition, inputs: ["n": .integer(5)])
      let attempts = [
        try await scene.offered(run, "fixed"), try await scene.offered(run, "open"),
      ]
      var orders: [[WorkOrderMessage?]] = []
      for _ in 0..<12 { orders.append(try await scene.claim(session, attempts).items.map(\.order)) }
      #expect(Set(orders).count == 1)
      #expect(
        orders[0].map { $0?.work }
          == ["a", "5"].map {
            .run(WorkOrderMessage.Run(argv: ["echo", $0]))
          })
      #expect(world.probes.reached["claims.owner-elsewhere"] ?? 0 > 0)
    }
  }

  @Test func `what is named beyond the limit of a claim is not said to be gone`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try SchedulerScene(world, .calm) { $0.claimsMax = 2 }
      scene.scheduler()
      let session = SessionID.sample(1)
      try await scene.open(session)
      let run = scene.start(.independent(3))
      try await scene.wait(for: "three offers") {
        scene.taskRows(run).filter { $0.phase == "offered" }.count == 3
      }
      let attempts = scene.taskRows(run).compactMap(\.attempt)
      let first = try await scene.claim(session, attempts)
      #expect(first.items.map(\.verdict) == [.yours, .yours, .unknown])
      #expect(first.items.last?.attempt == attempts.last?.description)
      let rest = try await scene.claim(session, [attempts[2]])
      #expect(rest.items.map(\.verdict) == [.yours])
    }
  }

  @Test func `an offer behind many that run is found`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try SchedulerScene(world, .calm) {
        $0.claimsMax = 8
        $0.offeredMin = 40
      }
      scene.scheduler()
      let session = SessionID.sample(1)
      try await scene.open(session)
      let run = scene.start(.independent(40))
      try await scene.wait(for: "forty offers") {
        scene.taskRows(run).filter { $0.phase == "offered" }.count == 40
      }
      var granted = 0
      for _ in 0..<5 {
        granted += try await scene.claim(session, max: 8).items.filter { $0.verdict == .yours }
          .count
      }
      #expect(granted == 40)
      #expect(scene.judge.violations == [])
    }
  }

  /// Goal: withdrawn means that it never starts; claimed means that its worker is asked to stop it.
  /// Method: cancel a run of two offered tasks, one of which is claimed at about the same moment.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `a claim that races with a cancellation is either gone or stopped`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try SchedulerScene(world)
      scene.scheduler()
      let session = SessionID.sample(1)
      try await scene.open(session)
      let run = scene.start(.sample())
      let attempt = try await scene.offered(run)
      scene.command(.cancel, run)
      try await world.here.time.sleep(for: .milliseconds(Int(seed) % 10))
      let verdict = try await scene.claim(session, [attempt]).items.first?.verdict
      if verdict == .yours {
        var beats: Int64 = 0
        var stops: [HeartbeatResponse.Stop] = []
        while stops.isEmpty, beats < 20 {
          beats += 1
          stops = try await scene.beat(
            HeartbeatRequest(session: session.text, beat: beats, heldCount: 1)
          ).stops
          try await world.here.time.sleep(for: .milliseconds(100))
        }
        #expect(stops.map(\.attempt) == [attempt.description])
        #expect(stops.first?.reason.contains("because") == true)
        scene.report(attempt, .stopped)
      }
      #expect(try await scene.ended(run, within: .seconds(30)).outcome == "cancelled")
      #expect(scene.taskRow(run)?.outcome == "cancelled")
      // What was withdrawn stays so.
      let again = try await scene.claim(SessionID.sample(1), [attempt])
      #expect(again.items.map(\.verdict) == [.gone])
      #expect(scene.judge.violations == [])
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `a success that races with a cancellation counts, and the run is decided once`(
    seed: UInt64
  ) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try SchedulerScene(world)
      scene.scheduler()
      let session = SessionID.sample(1)
      try await scene.open(session)
      let run = scene.start(.sample())
      let attempt = try await scene.offered(run)
      _ = try await scene.claim(session, [attempt])
      if seed % 2 == 0 {
        scene.command(.cancel, run)
        scene.report(attempt)
      } else {
        scene.report(attempt)
        scene.command(.cancel, run)
      }
      let outcome = try await scene.ended(run).outcome
      #expect(["succeeded", "cancelled"].contains(outcome))
      #expect(scene.taskRow(run)?.outcome == "succeeded")
      try await world.here.time.sleep(for: .seconds(10))
      #expect(Set(scene.completions(run).map(\.outcome)) == [outcome])
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `opening a session ends the others of its worker, which is final`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try SchedulerScene(world)
      scene.scheduler()
      let (first, second) = (SessionID.sample(1), SessionID.sample(2))
      try await scene.open(first)
      let run = scene.start(.sample())
      let attempt = try await scene.offered(run)
      _ = try await scene.claim(first, [attempt])
      try await scene.open(second)
      #expect(try await scene.beat(HeartbeatRequest(session: first.text, beat: 1)).sessionOver)
      #expect(try await scene.claim(first).sessionOver)
      try await scene.wait(for: "the loss") { scene.taskRow(run)?.losses == 1 }
      #expect(scene.taskRow(run)?.failures == 0)
      // A request that was under way for long changes nothing.
      try await scene.open(first)
      #expect(try await !scene.beat(HeartbeatRequest(session: second.text, beat: 1)).sessionOver)
      #expect(try await scene.beat(HeartbeatRequest(session: first.text, beat: 2)).sessionOver)
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `a worker that vanishes loses its attempts after its lease, and not before`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try SchedulerScene(world)
      scene.scheduler()
      let worker = scene.worker("one") { _ in .hangs }
      let run = scene.start(.sample(tasks: [.sample(retry: RetryPolicy(attemptsMax: 1))]))
      try await scene.wait(for: "the start") { worker[\.starts].count == 1 }
      let killedAt = world.elapsed
      worker.process.kill()
      try await scene.wait(for: "the loss") { scene.taskRow(run)?.losses == 1 }
      #expect(world.elapsed - killedAt >= .seconds(20))
      #expect(world.elapsed - killedAt <= .seconds(42))
      scene.worker("two") { _ in .succeeds() }
      #expect(try await scene.ended(run).outcome == "succeeded")
      #expect(scene.taskRow(run)?.attempts.map(\.end) == ["lost", "succeeded"])
      #expect(scene.judge.violations == [])
    }
  }

  /// Goal: nothing waits for ever for a worker that is gone.
  /// Method: the broker loses its log as soon as the loss was told, three times.
  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func `a loss that the bus has lost is told again`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = try SchedulerScene(world, .slow)
      scene.scheduler()
      let worker = scene.worker("one") { _ in .hangs }
      let run = scene.start(.sample(tasks: [.sample(retry: RetryPolicy(attemptsMax: 1))]))
      try await scene.wait(for: "the start") { worker[\.starts].count == 1 }
      let losses = Mutex(0)
      scene.bus.observe { delivery in
        guard delivery.place.topic == "task.failed", losses.withLock({ $0 }) < 3 else { return }
        losses.withLock { $0 += 1 }
        world.schedule(after: .zero) { scene.bus.recreate("task.failed") }
      }
      worker.process.kill()
      try await scene.wait(for: "the loss", within: .seconds(120)) {
        scene.taskRow(run)?.losses == 1
      }
      #expect(losses.withLock { $0 } == 3)
      try await scene.wait(for: "nothing to be left of the session", within: .seconds(60)) {
        scene.sessions.allSatisfy { $0.isSwept }
      }
      let told = scene.bus.records("task.failed").count
      try await world.here.time.sleep(for: .seconds(60))
      #expect(scene.bus.records("task.failed").count == told, "then nobody speaks of it any more")
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `an attempt that its session disowns is lost, and its budget is its own`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try SchedulerScene(world)
      scene.scheduler()
      let worker = scene.worker { attempt in
        attempt.fence.number < 3 ? .forgotten : .succeeds()
      }
      let run = scene.start(.sample(tasks: [.sample(retry: RetryPolicy(attemptsMax: 1))]))
      #expect(try await scene.ended(run).outcome == "succeeded")
      #expect(scene.taskRow(run)?.losses == 2)
      #expect(scene.taskRow(run)?.failures == 0)
      #expect(worker[\.sessions].count == 1)
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `a task whose attempts are all lost ends as lost`() throws {
    try Simulation.run(seed: 6) { world in
      let scene = try SchedulerScene(world)
      scene.scheduler()
      scene.worker { _ in .forgotten }
      let run = scene.start(.sample())
      let announced = try await scene.ended(run, within: .seconds(300))
      #expect(announced.outcome == "failed")
      #expect(announced.reason?.code == "lost")
      #expect(scene.taskRow(run)?.outcome == "lost")
      #expect(scene.taskRow(run)?.losses == Int32(RetryPolicy.lostAttemptsMax))
    }
  }

  /// Goal: late results of old attempts change nothing that was decided since.
  @Test func `a late result of an attempt before neither ends nor fails the task`() throws {
    try Simulation.run(seed: 7) { world in
      let scene = try SchedulerScene(world)
      scene.scheduler()
      let (first, second) = (SessionID.sample(1), SessionID.sample(2))
      try await scene.open(first)
      let run = scene.start(.sample())
      let attempt = try await scene.offered(run)
      _ = try await scene.claim(first, [attempt])
      try await scene.open(second)
      try await scene.wait(for: "the second offer") {
        scene.taskRow(run)?.phase == "offered" && scene.taskRow(run)?.fence == 2
      }
      let next = try await scene.offered(run)
      _ = try await scene.claim(second, [next])
      scene.report(attempt, .failed)
      scene.report(attempt)
      try await world.here.time.sleep(for: .seconds(5))
      #expect(scene.taskRow(run)?.phase == "offered")
      #expect(scene.taskRow(run)?.attempts.map(\.end) == ["lost", ""])
      scene.report(next)
      #expect(try await scene.ended(run).outcome == "succeeded")
      for result in [AttemptEnded.Result.failed, .lost, .stopped] { scene.report(next, result) }
      scene.report(attempt, .failed)
      try await world.here.time.sleep(for: .seconds(5))
      #expect(scene.taskRow(run)?.outcome == "succeeded")
      #expect(scene.judge.violations == [])
    }
  }

  @Test func `what nobody claims is hinted at again, with growing pauses`() throws {
    try Simulation.run(seed: 8) { world in
      let scene = try SchedulerScene(world, .calm)
      scene.scheduler()
      let run = scene.start(.sample())
      let attempt = try await scene.offered(run)
      try await world.here.time.sleep(for: .seconds(190))
      let hints = scene.bus.records("task.scheduled.default").filter {
        $0.record.key == attempt.description
      }
      let times = hints.map { $0.stampedAt.microseconds / 1_000_000 }
      let pauses = zip(times, times.dropFirst()).map { $1 - $0 }
      #expect(pauses.prefix(6).elementsEqual([2, 4, 8, 16, 32, 60]), "\(pauses)")
      let reason = try await scene.tasks(run).first?.reason
      #expect(reason?.code == "no-free-worker")
      #expect(reason?.blockers == ["default"])
    }
  }
}
