import Domain
import Glibc
import Ports
import TestSupport
import Testing

@testable import ExecutorsAdapter

/// Engines that are not there, hang, or say what is not so.
@Suite(.timeLimit(.minutes(2)))
struct LyingEngineTests {
  private func refusal(_ bench: EngineBench) async -> ExecutorError? {
    do {
      _ = try await bench.run(.run(argv: ["true"]))
      return nil
    } catch {
      return error as? ExecutorError
    }
  }

  @Test func `without an engine the reason says what to do`() async throws {
    let order = WorkOrder.sample(
      .contained(TaskContainer(image: "debian"), .run(argv: ["true"])))
    #expect(NoContainers().accepts(order.work))
    #expect(!NoContainers().accepts(.run(argv: ["true"])))
    do {
      _ = try await NoContainers().start(order)
      Issue.record("it runs elsewhere")
    } catch {
      guard case .unsupported(let why) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(why.contains("--container-engine"))
    }
  }

  @Test func `an engine that has never answered makes work unsupported`() async throws {
    let bench = try EngineBench(.down)
    guard case .unsupported(let why)? = await refusal(bench) else {
      Issue.record("it was started")
      return
    }
    #expect(why.contains("Cannot connect to the server"))
  }

  @Test func `an engine that has gone leaves the outcome open, and later work for later`()
    async throws
  {
    let bench = try EngineBench(.gone)
    let (_, result) = try await bench.run(.run(argv: ["true"]))
    guard case .unknown = result else {
      Issue.record("\(result)")
      return
    }
    guard case .unavailable? = await refusal(bench) else {
      Issue.record("it was started")
      return
    }
  }

  @Test(arguments: [
    (EngineBench.Lie.made, "container-not-started"),
    (.notExecutable, "program-not-executable"), (.notFound, "program-not-found"),
  ])
  func `the engine's own exit codes are told apart`(
    _ lie: EngineBench.Lie, _ code: String
  ) async throws {
    let bench = try EngineBench(lie)
    let (lines, result) = try await bench.run(.run(argv: ["true"]))
    guard case .failed(let exitCode, let reason) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(reason.code == code)
    #expect(exitCode == Int(lie.rawValue))
    #expect(lines.texts(.error) == ["no container was made"])
  }

  @Test func `a run that hangs is killed, and its container removed`() async throws {
    let bench = try EngineBench(.hangs)
    let order = WorkOrder.sample(
      .contained(TaskContainer(image: "debian"), .run(argv: ["true"])))
    let execution = try await bench.executor.start(order)
    await execution.stop(.terminate)
    await execution.stop(.kill)
    guard case .stopped = await execution.result() else {
      Issue.record("not stopped")
      return
    }
    #expect(try bench.calls("rm").count == 1)
  }

  @Test(arguments: [EngineBench.Lie.deaf, .keeps])
  func `a container that may still be there is never taken for ended`(
    _ lie: EngineBench.Lie
  ) async throws {
    let bench = try EngineBench(lie, answerWithin: .milliseconds(lie == .deaf ? 3_000 : 20_000))
    let order = WorkOrder.sample(
      .contained(TaskContainer(image: "debian"), .run(argv: ["sh", "-c", "echo x; sleep 600"])))
    let execution = try await bench.executor.start(order)
    if lie == .keeps { _ = await execution.nextOutput() }
    await execution.stop(.kill)
    let result = await execution.result()
    guard case .unknown(let reason) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(reason.code == "container-not-removed")
  }

  @Test func `what a worker left that is no more is removed, and nothing else`() async throws {
    let alive = ContainerOwner.current()
    let dead = ContainerOwner(
      machine: alive.machine, process: alive.process, startedAt: alive.startedAt &+ 1)
    let other = ContainerOwner(machine: "another", process: 1, startedAt: 1)
    let attempt = WorkOrder.sample(.run(argv: [])).attempt
    let names = [alive, dead, other].map { ContainerName(attempt, of: $0).text }
    let foreign = "millrace-database"
    let bench = try EngineBench(leftovers: names + [foreign])
    await bench.executor.waitForSweep()
    #expect(bench.containers == [names[0], names[2], foreign].sorted())
  }

  @Test func `a name says whose it is`() throws {
    let owner = ContainerOwner.current()
    #expect(owner.isAlive)
    let name = ContainerName(WorkOrder.sample(.run(argv: [])).attempt, of: owner)
    #expect(ContainerName(name.text, on: owner.machine)?.owner == owner)
    for text in [
      "millrace", "millrace.\(owner.machine).x.1.run", "", "millrace.\(owner.machine).1",
    ] {
      #expect(ContainerName(text, on: owner.machine) == nil)
    }
  }
}
