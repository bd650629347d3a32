import Domain
import Ports
import SimulationKit
import Testing

private final class Guardian: Sendable {
  let died: SendableFlag
  init(_ died: SendableFlag) { self.died = died }
  deinit { died.set() }
}

struct SimulatedProcessTests {
  @Test func `a kill drops all work and runs no clean-up`() throws {
    try Simulation.run(seed: 1) { world in
      let (deferred, freed, went) = (SendableFlag(), SendableFlag(), SendableFlag())
      let process = world.process("victim")
      process.start { environment in
        let guardian = Guardian(freed)
        defer { deferred.set() }
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<3 {
            group.addTask {
              defer { deferred.set() }
              try? await environment.time.sleep(for: .seconds(2))
              went.set()
            }
          }
        }
        _ = guardian
      }
      try await world.here.time.sleep(for: .seconds(1))
      process.kill()
      #expect(process.status == .killed)
      try await world.here.time.sleep(for: .seconds(10))
      #expect(!deferred.isSet)
      #expect(!freed.isSet)
      #expect(!went.isSet)
    }
  }

  @Test func `a process that kills itself does nothing to the world any more`() throws {
    try Simulation.run(seed: 1) { world in
      let went = SendableFlag()
      let process = world.process("suicidal")
      process.start { environment in
        environment.process.kill()
        try await environment.time.sleep(for: .milliseconds(1))
        went.set()
      }
      try await world.here.time.sleep(for: .seconds(1))
      #expect(!went.isSet)
    }
  }

  @Test func `a paused process keeps its work and catches up`() throws {
    try Simulation.run(seed: 1) { world in
      let beats = Journal<Duration>()
      let process = world.process("zombie")
      process.start { environment in
        for _ in 0..<10 {
          try await environment.time.sleep(for: .milliseconds(100))
          beats.write(environment.world.elapsed)
        }
      }
      try await world.here.time.sleep(for: .milliseconds(450))
      process.pause()
      try await world.here.time.sleep(for: .seconds(5))
      #expect(beats.entries.count == 4)
      process.resume()
      try await world.here.time.sleep(for: .seconds(2))
      #expect(beats.entries.count == 10)
      #expect(process.status == .finished)
    }
  }

  @Test func `a restart begins a new life with new chance and a new uptime`() throws {
    try Simulation.run(seed: 1) { world in
      let draws = Journal<UInt64>()
      let uptimes = Journal<Uptime>()
      let process = world.process("phoenix")
      process.start { environment in
        draws.write(environment.randomness.next())
        uptimes.write(environment.time.uptime())
        try await environment.time.sleep(for: .seconds(60))
      }
      try await world.here.time.sleep(for: .seconds(1))
      process.restart(after: .seconds(3))
      #expect(!process.isAlive)
      try await world.here.time.sleep(for: .seconds(4))
      #expect(process.isAlive)
      #expect(process.incarnation?.life == 2)
      #expect(Set(draws.entries).count == 2)
      #expect(uptimes.entries.last == .start)
    }
  }

  @Test func `a kill takes back the restart that was planned`() throws {
    try Simulation.run(seed: 1) { world in
      let starts = Journal<Int>()
      let process = world.process("undecided")
      process.start { environment in starts.write(environment.incarnation.life) }
      try await world.here.time.sleep(for: .seconds(1))
      process.restart(after: .seconds(5))
      process.kill()
      try await world.here.time.sleep(for: .seconds(60))
      #expect(starts.entries == [1])
    }
  }

  @Test func `those who watch are told of a death`() throws {
    try Simulation.run(seed: 1) { world in
      let deaths = Journal<String>()
      world.onDeath { deaths.write($0.description) }
      let process = world.process("watched")
      process.start { environment in try await environment.time.sleep(for: .seconds(60)) }
      try await world.here.time.sleep(for: .seconds(1))
      process.kill()
      try await world.here.time.sleep(for: .seconds(1))
      #expect(deaths.entries == ["watched/1"])
    }
  }
}
