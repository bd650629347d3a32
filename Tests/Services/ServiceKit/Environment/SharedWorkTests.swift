import Ports
import ServiceKit
import SimulationKit
import Synchronization
import Testing

@Suite struct SharedWorkTests {
  private struct Flaw: Error {}

  private final class Calls: Sendable {
    private let counter = Mutex(0)
    var total: Int { counter.withLock { $0 } }

    @discardableResult
    func count() -> Int {
      counter.withLock { counter in
        counter += 1
        return counter
      }
    }
  }

  @Test func `who asks for the same at the same time is answered by one`() throws {
    try Simulation.run(seed: 1) { world in
      let shared = SharedWork<Int, Int>()
      let calls = Calls()
      let time = world.here.time
      let answers = try await withThrowingTaskGroup(of: Int.self) { group in
        for asker in 0..<20 {
          group.addTask { [shared, calls] in
            try await shared.answer(to: asker % 2) {
              calls.count()
              try await time.sleep(for: .seconds(1))
              return asker % 2
            }
          }
        }
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(answers.sorted() == Array(repeating: 0, count: 10) + Array(repeating: 1, count: 10))
      #expect(calls.total == 2)
      // Nothing is remembered.
      _ = await shared.answer(to: 0) { calls.count() }
      #expect(calls.total == 3)
    }
  }

  @Test func `a failure is told to who did it, and another one does it again`() throws {
    try Simulation.run(seed: 2) { world in
      let shared = SharedWork<Int, Int>()
      let calls = Calls()
      let time = world.here.time
      let results = await withTaskGroup(of: Int?.self) { group in
        for _ in 0..<5 {
          group.addTask { [shared, calls] in
            try? await shared.answer(to: 1) {
              let call = calls.count()
              try await time.sleep(for: .seconds(1))
              if call < 3 { throw Flaw() }
              return call
            }
          }
        }
        return await group.reduce(into: [Int?]()) { $0.append($1) }
      }
      #expect(results.filter { $0 == nil }.count == 2)
      #expect(results.filter { $0 == 3 }.count == 3)
    }
  }

  @Test func `who is cancelled leaves, whether it works or waits`() throws {
    try Simulation.run(seed: 3) { world in
      let shared = SharedWork<Int, Int>()
      let here = world.here
      let calls = Calls()
      let work: @Sendable () async throws -> Int = {
        let call = calls.count()
        try await here.time.sleep(for: .seconds(10))
        return call
      }
      let answers = Mutex<[String: Int?]>([:])
      func ask(_ name: String) -> any Spawned {
        here.spawner.spawn(name) {
          let answer = try? await shared.answer(to: 1, work)
          answers.withLock { $0[name] = .some(answer) }
        }
      }
      let first = ask("first")
      try await here.time.sleep(for: .seconds(1))
      let second = ask("second")
      _ = ask("third")
      try await here.time.sleep(for: .seconds(1))
      second.cancel()
      try await world.wait(for: "the second", within: .seconds(1)) {
        answers.withLock { $0["second"] != nil }
      }
      first.cancel()
      // The third one does it then, from the beginning.
      try await world.wait(for: "the third", within: .seconds(11)) {
        answers.withLock { $0["third"] != nil }
      }
      let found = answers.withLock { $0 }
      #expect(found["first"] == .some(nil) && found["second"] == .some(nil))
      #expect((found["third"] ?? nil) ?? 0 > 1)
    }
  }
}
