import Domain
import Testing

@testable import SchedulerCore

@Suite struct RunMachinePermitTests {
  private static let limit = LimitKey(text: "default/w/main")

  private static func run(
    key: String = "main", _ tasks: [TaskDefinition]? = nil, timeout: Duration? = nil
  ) -> RunHarness {
    var definition = WorkflowDefinition.of(
      tasks ?? [.call("a")], finally: [.call("z")], timeout: timeout)
    definition.concurrency = ConcurrencyRule(key: Template(text: key), limit: 1)
    return RunHarness(definition)
  }

  @Test func `nothing starts before a permit is granted`() throws {
    let limit = try #require(Self.limit)
    var run = Self.run(timeout: .seconds(3_600))
    #expect(run.asked.map(\.limit) == [limit])
    #expect(run.machine.stateWord == "queued")
    #expect(run.machine.runReason(at: run.now)?.code == "concurrency-limit")
    #expect(run.machine.reason(of: TaskPlace(0), at: run.now)?.code == "concurrency-limit")
    run.restart()
    #expect(run.rows.isEmpty && !run.machine.hasWork)
    // The time it waits is not its own.
    run.now = run.now + .seconds(7_200)
    run.batch([.timeReached])
    #expect(run.machine.stateWord == "queued")
    run.batch([.permitGranted(limit)])
    #expect(run.machine.stateWord == "running")
    #expect(run.machine.storedDeadline == run.now + .seconds(3_600))
    #expect(run.machine.run.startedAt == run.now)
    run.restart()
    run.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(run.announced == [.succeeded])
    #expect(run.givenBack == [limit])
    #expect(run.violations == [])
  }

  @Test func `a run asks again, less and less often`() {
    var run = Self.run()
    var waits: [Duration] = []
    for _ in 0..<8 {
      guard let next = run.machine.storedDeadline else { break }
      waits.append(next - run.now)
      run.now = next
      run.batch([.timeReached])
      run.restart()
    }
    #expect(waits == [60, 120, 240, 480, 900, 900, 900, 900].map { .seconds($0) })
    #expect(run.asked.count == 9)
  }

  enum Ending: String, CaseIterable {
    case cancelled, killed, taken, skipped
  }

  /// Goal: what never began has nothing to clean up, and no right to run anything.
  @Test(arguments: Ending.allCases)
  func `a run that ends while it waits runs nothing`(ending: Ending) throws {
    let limit = try #require(Self.limit)
    var run = Self.run()
    switch ending {
    case .cancelled: run.batch([.cancelled(command: "c", .forTests)])
    case .killed: run.batch([.killed(command: "c", .forTests)])
    case .taken: run.batch([.permitRefused(limit, isSkip: false, .forTests)])
    case .skipped: run.batch([.permitRefused(limit, isSkip: true, .forTests)])
    }
    let isSkipped = ending == .skipped
    let isRefused = isSkipped || ending == .taken
    #expect(run.announced == [isSkipped ? .succeeded : .cancelled])
    #expect(run.machine.run.reason == .forTests)
    #expect(run.givenBack == (isRefused ? [] : [limit]))
    for isRestored in [false, true] {
      if isRestored { run.restart() }
      for node in run.plan.nodes.indices {
        #expect(run.machine.tasks[node].phase == .ended(isSkipped ? .skipped : .cancelled))
      }
    }
    // A grant that comes now is given back; a refusal changes nothing.
    run.batch([.permitRefused(limit, isSkip: false, .forTests), .permitGranted(limit)])
    #expect(run.givenBack.last == limit)
    #expect(run.announced.count == 1)
    #expect(run.rows.isEmpty)
    #expect(run.violations == [])
  }

  /// Goal: a grant or a refusal that comes again, or is about something else, changes nothing.
  @Test func `what comes again changes nothing`() throws {
    let limit = try #require(Self.limit)
    let other = try #require(LimitKey(text: "default/w/other"))
    var run = Self.run()
    run.batch([.permitGranted(other)])
    #expect(run.givenBack == [other])
    #expect(run.machine.stateWord == "queued")
    run.batch([.permitGranted(limit)])
    let startedAt = run.machine.run.startedAt
    run.now = run.now + .seconds(5)
    run.batch([.permitGranted(limit), .permitRefused(limit, isSkip: false, .forTests)])
    #expect(run.machine.run.startedAt == startedAt)
    #expect(run.machine.stateWord == "running")
    #expect(run.givenBack == [other])
  }

  @Test(arguments: ["", String(repeating: "k", count: 257), "a\nb", "a\u{0}b"])
  func `a run whose key is none fails and says why`(key: String) {
    let run = Self.run(key: key)
    #expect(run.announced == [.failed])
    #expect(run.machine.run.reason?.code == "concurrency-key")
    #expect(run.machine.run.reason?.message.contains("concurrency.key") == true)
    #expect(run.asked.isEmpty && run.givenBack.isEmpty)
    #expect(run.violations == [])
  }

  @Test func `a run that is set aside while it waits leaves the line, and one that holds stays`()
    throws
  {
    let limit = try #require(Self.limit)
    var waiting = Self.run()
    waiting.batch([.quarantined(.forTests)])
    #expect(waiting.givenBack == [limit])
    waiting.batch([.permitGranted(limit)])
    #expect(waiting.givenBack == [limit, limit])
    var holding = Self.run()
    holding.batch([.permitGranted(limit), .quarantined(.forTests), .permitGranted(limit)])
    #expect(holding.givenBack == [])
    holding.batch([.killed(command: "k", .forTests)])
    holding.runToEnd { _ in .stopped }
    #expect(holding.givenBack == [limit])
  }

  @Test func `a run that is paused while it waits gets its permit and starts when it is resumed`()
    throws
  {
    let limit = try #require(Self.limit)
    var run = Self.run()
    run.batch([.paused(command: "p", .forTests)])
    #expect(run.machine.stateWord == "paused")
    run.batch([.permitGranted(limit)])
    #expect(run.machine.readyPools == [])
    run.batch([.resumed(command: "r")])
    #expect(run.machine.stateWord == "running")
    run.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(run.announced == [.succeeded])
    #expect(run.violations == [])
  }

  @Test func `nobody decides by hand how a task ends that may not start`() {
    let run = Self.run()
    let override = TaskOverride(.skipped, reason: .forTests)
    #expect(!run.machine.mayOverride(TaskKey("a"), override))
  }
}
