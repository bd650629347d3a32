import Domain
import Ports
import SimulationKit
import Testing

/// A busy world with everything that may stay inside the executor preference: actors, groups,
/// `async let`, streams, spawned tasks, sleeps, kills and pauses.
private actor Counter {
  private(set) var total = 0
  func add(_ amount: Int) -> Int {
    total += amount
    return total
  }
}

private func busyBody(_ world: SimulatedWorld) async throws -> [Int] {
  let counter = Counter()
  for number in 0..<4 {
    let process = world.process("node\(number)")
    process.start { environment in
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<5 {
          group.addTask {
            for _ in 0..<20 {
              let nap = Int64(environment.randomness.next() % 2_000)
              try? await environment.time.sleep(for: .microseconds(nap))
              async let more = counter.add(1)
              _ = await more
              environment.telemetry.count("added", 1, [])
            }
          }
        }
      }
    }
  }
  let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
  world.here.spawner.spawn("producer") {
    for number in 0..<50 {
      continuation.yield(number)
      await Task.yield()
    }
    continuation.finish()
  }
  var seen: [Int] = []
  for await number in stream { seen.append(number) }
  try await world.here.time.sleep(for: .milliseconds(10))
  world.processes.first { $0.name == "node1" }?.restart(after: .milliseconds(1))
  try await world.wait(for: "the nodes", within: .seconds(5)) {
    world.processes.allSatisfy { $0.name == "test" || $0.status == .finished }
  }
  return seen + [await counter.total]
}

struct DeterminismTests {
  @Test(arguments: [1, 7, 99] as [UInt64])
  func `the same seed takes the same way twice`(seed: UInt64) throws {
    try Simulation.checkDeterminism(seed: seed) { world in _ = try await busyBody(world) }
  }

  @Test func `different seeds take different ways and see the same results`() throws {
    let runs = try (UInt64(1)...8).map { try Simulation.traced(seed: $0, busyBody) }
    #expect(Set(runs.map(\.trace.hash)).count == 8)
    #expect(runs.allSatisfy { $0.answer.prefix(50) == ArraySlice(0..<50) })
  }

  /// Goal: a draw that is added in one place shifts no other stream.
  @Test func `a draw from one stream shifts no other`() throws {
    func draws(extra: Int) throws -> [UInt64] {
      try Simulation.run(seed: 4) { world in
        for _ in 0..<extra { _ = world.stream(named: "other").next() }
        return (0..<5).map { _ in world.stream(named: "mine").next() }
      }
    }
    #expect(try draws(extra: 0) == draws(extra: 17))
  }

  @Test func `a difference between two runs is found and reported`() throws {
    let isSecond = SendableFlag()
    let error = #expect(throws: SimulationError.self) {
      try Simulation.checkDeterminism(seed: 1) { world in
        try await world.here.time.sleep(for: .seconds(1))
        world.note("choice", isSecond.exchange() ? 2 : 1)
      }
    }
    #expect(error?.cause == .nondeterministic)
    #expect(error?.message.contains("note") == true)
  }

  @Test func `worlds on several threads do not disturb each other`() async throws {
    let alone = try (UInt64(1)...4).map { try Simulation.traced(seed: $0, busyBody).trace.hash }
    let together = try await withThrowingTaskGroup(of: (UInt64, TraceHash).self) { group in
      for seed in UInt64(1)...4 {
        group.addTask { (seed, try Simulation.traced(seed: seed, busyBody).trace.hash) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(together.sorted { $0.0 < $1.0 }.map(\.1) == alone)
  }
}
