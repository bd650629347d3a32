import Domain
import Foundation
import Ports
import SimulationKit
import Synchronization
import Testing

private final class WeakWorld: Sendable {
  private struct Reference { weak var world: SimulatedWorld? }
  private let reference = Mutex(Reference())

  var world: SimulatedWorld? {
    get { reference.withLock { $0.world } }
    set { reference.withLock { $0.world = newValue } }
  }
}

struct DriverTests {
  private func cause<Answer: Sendable>(
    _ settings: SimulationSettings = SimulationSettings(),
    _ body: @escaping @Sendable (SimulatedWorld) async throws -> Answer
  ) -> SimulationError? {
    #expect(throws: SimulationError.self) {
      try Simulation.run(seed: 42, settings: settings, body)
    }
  }

  @Test func `a run that can never end is a deadlock and says who waits for what`() {
    let error = cause { world in
      world.process("idle").start { environment in
        try await environment.time.sleep(until: .distantFuture)
      }
      await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
    #expect(error?.cause == .timeLimit)
    #expect(error?.description.contains("seed 42") == true)
    #expect(error?.message.contains("idle/1 is running and waits for sleep") == true)

    let stuck = cause { _ in
      await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
    #expect(stuck?.cause == .deadlock)
    #expect(stuck?.message.contains("test/1") == true)
  }

  @Test func `a task that never waits is found`() {
    var settings = SimulationSettings()
    settings.stepsPerInstantMax = 10_000
    #expect(cause(settings) { _ in while true { await Task.yield() } }?.cause == .spinning)
  }

  @Test func `steps are limited`() {
    var settings = SimulationSettings()
    settings.stepsMax = 1_000
    let error = cause(settings) { world in
      while true { try await world.here.time.sleep(for: .milliseconds(1)) }
    }
    #expect(error?.cause == .stepLimit)
  }

  @Test func `what the body throws comes out with the seed`() {
    struct Oops: Error {}
    let error = cause { _ in throw Oops() }
    #expect(error?.cause == .bodyFailed)
    #expect(error?.underlying is Oops)
  }

  @Test func `a process that fails fails the run unless it may`() throws {
    struct Oops: Error {}
    let error = cause { world in
      world.process("fragile").start { _ in throw Oops() }
      try await world.here.time.sleep(for: .seconds(1))
    }
    #expect(error?.cause == .processFailed)
    #expect(error?.message.contains("fragile/1") == true)
    try Simulation.run(seed: 1) { world in
      let process = world.process("fragile")
      process.start(mayFail: true) { _ in throw Oops() }
      try await world.here.time.sleep(for: .seconds(1))
      #expect(process.status == .failed)
      #expect(process.failure is Oops)
    }
  }

  /// Goal: a task that leaves the simulation is an error that says so, not a flaky run.
  @Test func `a job that comes back from a foreign thread is found`() {
    let isAway = SendableFlag()
    let isBack = DispatchSemaphore(value: 0)
    let world = SimulatedWorld(seed: 1)
    world.process("leaky").start { environment in
      // A thread of its own: those of the pool may all be busy with other tests for minutes.
      await withCheckedContinuation { continuation in
        isAway.set()
        Thread.detachNewThread {
          continuation.resume()
          isBack.signal()
        }
      }
    }
    world.process("steady").start { environment in
      while true { try await environment.time.sleep(for: .milliseconds(1)) }
    }
    let caught = Mutex<SimulationError?>(nil)
    let isOver = DispatchSemaphore(value: 0)
    // Threads of the pool have small stacks: another thread may lie closer than the world can tell.
    let driver = Thread {
      do throws(SimulationError) {
        // However late the thread gets its turn: the world waits for it.
        try world.run(until: {
          if isAway.isSet {
            isBack.wait()
            isBack.signal()
          }
          return false
        })
      } catch {
        caught.withLock { $0 = error }
      }
      isOver.signal()
    }
    driver.stackSize = 64 << 20
    driver.start()
    isOver.wait()
    let error = caught.withLock { $0 }
    #expect(error?.cause == .escaped)
    #expect(error?.message.contains("leaky/1") == true)
  }

  @Test func `a condition that never holds is reported with what was waited for`() {
    let error = cause { world in
      try await world.wait(for: "the impossible", within: .seconds(3)) { false }
    }
    #expect(error?.cause == .waitedInVain)
    #expect(error?.message.contains("the impossible") == true)
  }

  /// Goal: batches of seeds in one process do not pile up worlds.
  @Test func `a world is let go when its run is over`() throws {
    let latest = WeakWorld()
    try Simulation.run(seed: 1) { world in
      latest.world = world
      let process = world.process("worker")
      process.start { environment in try await environment.time.sleep(for: .milliseconds(1)) }
      try await world.here.time.sleep(for: .seconds(1))
      process.restart()
      try await world.here.time.sleep(for: .seconds(1))
    }
    #expect(latest.world == nil)
  }

  @Test func `a world can be driven step by step without a body`() throws {
    let world = SimulatedWorld(seed: 1)
    let ticks = Journal<Duration>()
    world.process("ticker").start { environment in
      for _ in 0..<5 {
        try await environment.time.sleep(for: .seconds(1))
        ticks.write(environment.world.elapsed)
      }
    }
    try world.run(for: .milliseconds(2_500))
    #expect(ticks.entries.count == 2)
    try world.run(until: { ticks.entries.count == 5 })
    #expect(world.elapsed >= .seconds(5))
    #expect(world.elapsed < .milliseconds(5_100))
  }
}
