import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

struct FakePasswordHasherTests {
  @Test(arguments: PasswordHasherContract.cases)
  func `fake hashes keep the contract of password hashers`(
    _ promise: ContractCase<PasswordHasherContract.Subject>
  ) throws {
    try Simulation.run(seed: 1) { world in
      let hasher = FakePasswordHasher(world, atOnceMax: 2, waitingMax: 8)
      try await promise.check(PasswordHasherContract.Subject(hasher, atOnce: 10))
    }
  }

  @Test func `a hash of another cost is the password's, and outdated`() throws {
    try Simulation.run(seed: 2) { world in
      let old = FakePasswordHasher(world, cost: PasswordCost(memoryKiB: 64, passes: 1, lanes: 1))
      let hash = try await old.hash([1], salt: [UInt8](repeating: 1, count: 16))
      let new = FakePasswordHasher(world)
      #expect(try await new.verify([1], against: hash) == .same(isOutdated: true))
      #expect(try await new.verify([2], against: hash) == .different)
    }
  }

  @Test func `hashes take their time, two at once`() throws {
    try Simulation.run(seed: 3) { world in
      let hasher = FakePasswordHasher(world, length: .milliseconds(100), atOnceMax: 2)
      let began = world.elapsed
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask { _ = try? await hasher.hash([1], salt: [UInt8](repeating: 1, count: 16)) }
        }
      }
      #expect(world.elapsed - began == .milliseconds(200))
      #expect(hasher.computed == 4)
    }
  }
}
