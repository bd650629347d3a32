import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import NotificationService

struct HostileNotificationTests {
  /// Goal: whatever fails, every message ends, none is lost, none gets a second id, and no two
  /// processes have one under way at once.
  /// Method: three notifiers that are killed again and again, a hostile store, bus and receivers.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `every message ends, under one id, whatever fails`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let ledger = SendingLedger()
      let scene = try NotificationScene(
        world, notifiers: 3, rules: [NotifyRule(when: [.finished], email: ["a@example.org"])],
        store: .hostile, bus: .hostile, receivers: .hostile,
        configure: { $0.failuresInRowMax = 1_000_000 },
        script: { message in
          ledger.sent(message.fields["webhook-id"] ?? "")
          return .takes(status: 200)
        })
      scene.store.faults = .calm
      _ = try await scene.subscribe("one", events: ["finished"], url: "https://one.example/")
      _ = try await scene.subscribe("two", events: ["failed"], url: "https://two.example/")
      scene.store.faults = .hostile
      let runs = 12
      for number in 1...runs {
        scene.end(UInt64(number), number.isMultiple(of: 2) ? .failed : .succeeded)
        try await world.here.time.sleep(for: .seconds(3))
        scene.notifiers[number % 3].restart(after: .seconds(2))
      }
      // Each end is told to one, by mail, and to two when it failed.
      let count = runs * 2 + runs / 2
      try await scene.waitForEnd(count, within: .seconds(4 * 24 * 3_600))
      #expect(scene.deliveries.count == count)
      for record in scene.deliveries {
        let isUnknown = record.attempts.contains { $0.result == "unknown" }
        #expect(record.phase == "delivered" || (record.phase == "unknown") == isUnknown)
        #expect(record.attempts.map(\.number) == (0..<record.attemptCount).map { $0 + 1 })
        // One send for each attempt at most: a claim that died before it sent is allowed.
        #expect(ledger.count(record.delivery) <= record.attemptCount)
        if record.phase == "delivered", record.mail.isEmpty {
          #expect(scene.received.contains(record.delivery), "delivered, and nobody got it")
        }
      }
      let known = SortedSet(scene.deliveries.map(\.delivery))
      #expect(scene.received.allSatisfy(known.contains), "a message under an id that nobody knows")
    }
  }

  /// Goal: a message that two processes see is claimed by one.
  /// Method: two notifiers, a slow store, many messages, and a count of calls for each id.
  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func `one message is never sent by two processes at once`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let ledger = SendingLedger()
      let scene = try NotificationScene(
        world, notifiers: 2, store: .slow,
        script: { message in
          ledger.sent(message.fields["webhook-id"] ?? "")
          return .takes(status: 200)
        })
      _ = try await scene.subscribe("bot")
      for number in 1...40 { scene.end(UInt64(number)) }
      try await scene.waitForEnd(40, within: .seconds(120))
      #expect(scene.deliveries.allSatisfy { ledger.count($0.delivery) == 1 })
    }
  }

  /// Goal: a process that dies while it sends does not take the message with it.
  @Test func `what a dead process had under way is unknown, and then sent by another`() throws {
    try Simulation.run(seed: 20) { world in
      let scene = try NotificationScene(
        world, notifiers: 2,
        script: { _ in world.elapsed < .seconds(5) ? .silent : .takes(status: 200) })
      _ = try await scene.subscribe("bot")
      scene.end(1)
      try await scene.wait(for: "an attempt") { scene.deliveries.first?.phase == "sending" }
      let sender = try #require(scene.webhooks.received.first ?? nil)
      for process in scene.notifiers where sender.sender.process === process { process.kill() }
      try await scene.waitForEnd(1, within: .seconds(400))
      let record = try #require(scene.deliveries.first)
      #expect(record.attempts.map(\.result) == ["unknown", "delivered"])
      #expect(record.attempts.first?.note?.code == "sender-lost")
      #expect(SortedSet(scene.received).count == 1)
    }
  }

  @Test func `the world takes the same way twice`() throws {
    try Simulation.checkDeterminism(seed: 5) { world in
      let scene = try NotificationScene(
        world, notifiers: 2, store: .slow, bus: .slow, receivers: .hostile)
      _ = try await scene.subscribe("bot")
      for number in 1...5 { scene.end(UInt64(number)) }
      try await world.here.time.sleep(for: .seconds(600))
    }
  }
}
