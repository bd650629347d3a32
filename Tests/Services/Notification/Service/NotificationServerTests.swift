import Contracts
import Domain
import NotificationCore
import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import NotificationService

struct NotificationServerTests {
  private func verifies(_ message: WebhookMessage, _ secrets: [WebhookSecret]) -> Bool {
    guard let id = message.fields["webhook-id"],
      let seconds = message.fields["webhook-timestamp"].flatMap({ Int64($0) }),
      let signature = message.fields["webhook-signature"]
    else { return false }
    let expected = WebhookSignature.fields(
      id: id, sentAt: Moment(microseconds: seconds * 1_000_000), body: message.body,
      secrets: secrets, digest: FakeDigest())
    return HTTPFields(expected)["webhook-signature"] == signature
  }

  @Test func `who asked for it is told once, with a signature over the exact bytes`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try NotificationScene(world)
      let bot = try await scene.subscribe("bot")
      try await scene.subscribe("people", events: ["finished"], mail: ["ada@example.org"])
      _ = try await scene.subscribe("others", labels: ["team": "search"])
      let run = scene.end(1, labels: ["team": "pay"])
      scene.end(1, labels: ["team": "pay"])
      try await scene.waitForEnd(2)
      try await world.here.time.sleep(for: .seconds(30))
      #expect(scene.webhooks.received.count == 1)
      let message = try #require(scene.webhooks.received.first?.message)
      #expect(verifies(message, [bot.secret]))
      let event = try Value(json: String(decoding: message.body, as: UTF8.self))
      #expect(event["type"] == .string("dev.millrace.run.failed"))
      #expect(event["id"]?.text == message.fields["webhook-id"])
      #expect(event["data"]?["run"] == .string(run.text))
      let mail = try #require(scene.mailer.received.first?.message)
      #expect(scene.mailer.received.count == 1)
      #expect(mail.to == "ada@example.org" && mail.subject == "✗ default/build failed")
      #expect(scene.deliveries.allSatisfy { $0.phase == "delivered" && $0.attemptCount == 1 })
    }
  }

  /// A scheduler whose clock is behind must silence nobody, and a repetition tells nobody anew.
  @Test func `who subscribes is told of every end from then on, and of none before`() throws {
    try Simulation.run(seed: 21) { world in
      let scene = try NotificationScene(world)
      scene.end(1)
      scene.end(1)
      scene.end(2)
      try await scene.wait(for: "ends of which nobody is told") {
        scene.store.rows(NotificationTables.ends.name).count == 2
      }
      _ = try await scene.subscribe("bot")
      scene.end(1)
      let told = scene.end(3, behind: .seconds(3_600))
      scene.end(2)
      try await scene.waitForEnd(1)
      try await world.here.time.sleep(for: .seconds(60))
      #expect(scene.deliveries.count == 1)
      let message = try #require(scene.webhooks.received.first?.message)
      let event = try Value(json: String(decoding: message.body, as: UTF8.self))
      #expect(event["data"]?["run"] == .string(told.text))
      #expect(scene.store.rows(NotificationTables.ends.name).count == 3)
    }
  }

  @Test func `rules of the definition tell people and webhooks by name`() throws {
    try Simulation.run(seed: 2) { world in
      let rules = [
        NotifyRule(when: [.failed, .recovered], email: ["oncall@example.org"]),
        NotifyRule(when: [.finished], webhook: "bot"),
      ]
      let scene = try NotificationScene(world, rules: rules)
      _ = try await scene.subscribe("bot", events: [])
      for (number, outcome) in [RunOutcome.failed, .succeeded, .succeeded].enumerated() {
        scene.end(UInt64(number), outcome)
        try await world.here.time.sleep(for: .seconds(5))
      }
      try await scene.waitForEnd(5)
      #expect(
        scene.mailer.received.map(\.message.subject) == [
          "✗ default/build failed", "✓ default/build recovered",
        ])
      #expect(scene.webhooks.received.count == 3)
    }
  }

  /// Goal: a receiver that is down for an hour gets each message once, as soon as it is back.
  @Test func `a receiver that was down gets each message once after it is back`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try NotificationScene(
        world,
        configure: { $0.failuresInRowMax = 1_000 },
        script: { _ in
          world.elapsed < .seconds(3_600) ? .answers(status: 503) : .takes(status: 200)
        })
      let bot = try await scene.subscribe("bot")
      for number in 1...5 { scene.end(UInt64(number)) }
      try await scene.waitForEnd(5, within: .seconds(8_000))
      #expect(SortedSet(scene.received).count == 5)
      #expect(scene.received.count == 5)
      let messages = scene.webhooks.received
      #expect(messages.allSatisfy { verifies($0.message, [bot.secret]) })
      #expect(messages.allSatisfy { $0.at < .seconds(3_600 + 1_200) })
      #expect(scene.deliveries.allSatisfy { $0.attempts.map(\.number) == [1, 2, 3, 4] })
    }
  }

  @Test func `too many failures pause a subscription, and what waited is sent on`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try NotificationScene(
        world, configure: { $0.failuresInRowMax = 3 },
        script: { _ in
          world.elapsed < .seconds(600) ? .closed : .takes(status: 200)
        })
      let bot = try await scene.subscribe("bot")
      for number in 1...4 { scene.end(UInt64(number)) }
      try await scene.wait(for: "the pause") {
        scene.store.rows("notification_subscription").contains { row in
          NotificationTables.subscriptions.record(row.row)?.phase == "paused"
        }
      }
      let answer = await scene.call("GET", "/subscriptions/\(bot.id)")
      #expect(answer.body["reason"]?["code"] == .string("too-many-failures"))
      try await world.here.time.sleep(for: .seconds(900))
      #expect(scene.webhooks.received.isEmpty)
      let resumed = await scene.call("POST", "/subscriptions/bot/resume")
      #expect(resumed.body["state"] == .string("active"))
      try await scene.waitForEnd(4, within: .seconds(8_000))
      #expect(SortedSet(scene.received).count == 4)
    }
  }

  @Test func `a receiver that is gone disables its subscription`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try NotificationScene(world, script: { _ in .answers(status: 410) })
      let bot = try await scene.subscribe("bot")
      scene.end(1)
      try await scene.waitForEnd(1)
      let answer = await scene.call("GET", "/subscriptions/\(bot.id)")
      #expect(answer.body["state"] == .string("disabled"))
      scene.end(2)
      try await world.here.time.sleep(for: .seconds(60))
      #expect(scene.deliveries.count == 1)
      #expect(scene.deliveries.first?.phase == "failed")
    }
  }

  /// Goal: a lost answer is neither success nor failure, and the repetition is recognised.
  @Test func `a lost answer is recorded as unknown and repeated under the same id`() throws {
    try Simulation.run(seed: 6) { world in
      let scene = try NotificationScene(
        world, script: { _ in world.elapsed < .seconds(10) ? .silent : .takes(status: 200) })
      _ = try await scene.subscribe("bot")
      scene.end(1)
      try await scene.waitForEnd(1, within: .seconds(120))
      #expect(scene.received.count == 2)
      #expect(SortedSet(scene.received).count == 1)
      #expect(scene.deliveries.first?.attempts.map(\.result) == ["unknown", "delivered"])
      let bodies = scene.webhooks.received.map(\.message.body)
      #expect(bodies[0] == bodies[1])
      SecurityTest.webhooks.report("1 lost answer recorded as unknown, repeated under the same id")
    }
  }

  /// Goal: one receiver that hangs holds up nobody else.
  @Test func `a dead receiver does not delay the others`() throws {
    try Simulation.run(seed: 7) { world in
      let scene = try NotificationScene(
        world, configure: { $0.deliveriesInFlightMax = 6 },
        script: { message in
          message.url.contains("dead") ? .silent : .takes(status: 200)
        })
      for number in 0..<3 {
        _ = try await scene.subscribe("dead-\(number)", url: "https://dead.example/\(number)")
      }
      _ = try await scene.subscribe("good", url: "https://good.example/")
      for number in 1...30 { scene.end(UInt64(number)) }
      try await scene.wait(for: "the healthy one", within: .seconds(30)) {
        SortedSet(
          scene.webhooks.received.filter { $0.message.url.contains("good") }.compactMap {
            $0.message.fields["webhook-id"]
          }
        ).count == 30
      }
      SecurityTest.webhooks.report("30 messages delivered beside 3 receivers that never answer")
    }
  }

  @Test func `messages are sent again when somebody asks, and tests whenever`() throws {
    try Simulation.run(seed: 8) { world in
      let scene = try NotificationScene(
        world,
        script: { _ in world.elapsed < .seconds(30) ? .forbidden : .takes(status: 200) })
      let bot = try await scene.subscribe("bot")
      scene.end(1)
      try await scene.waitForEnd(1)
      let id = try #require(scene.deliveries.first?.delivery)
      #expect(scene.deliveries.first?.attempts.first?.note?.code == "destination-refused")
      _ = await scene.call("POST", "/subscriptions/bot/pause")
      try await world.here.time.sleep(for: .seconds(60))
      let test = await scene.call("POST", "/subscriptions/\(bot.id)/test")
      #expect(test.status == 202)
      try await scene.wait(for: "the test") { scene.received.count == 1 }
      _ = await scene.call("POST", "/subscriptions/bot/resume")
      let again = await scene.call("POST", "/deliveries/\(id)/redeliver")
      #expect(again.status == 202 && again.body["state"] == .string("waiting"))
      try await scene.wait(for: "the message") { scene.received.contains(id) }
      try await scene.waitForEnd(2)
      let history = await scene.call("GET", "/deliveries/\(id)")
      #expect(
        history.body["attempts"]?.list.compactMap { $0["result"]?.text } == [
          "refused", "delivered",
        ])
    }
  }

  @Test func `while secrets change over both are good, afterwards the new one is`() throws {
    try Simulation.run(seed: 9) { world in
      let scene = try NotificationScene(world)
      let bot = try await scene.subscribe("bot")
      let answer = await scene.call("POST", "/subscriptions/bot/rotate")
      let new = try #require(answer.body["secret"]?.text.flatMap { WebhookSecret(text: $0) })
      #expect(new != bot.secret)
      scene.end(1)
      try await scene.waitForEnd(1)
      #expect(verifies(scene.webhooks.received[0].message, [new, bot.secret]))
      try await world.here.time.sleep(for: .seconds(25 * 3_600))
      scene.end(2)
      try await scene.waitForEnd(2)
      #expect(verifies(scene.webhooks.received[1].message, [new]))
    }
  }

  /// T-CANARY for the store of this service, and nobody is sent what nobody can verify.
  @Test func `secrets are sealed, and without one nothing is sent`() throws {
    try Simulation.run(seed: 11) { world in
      let scene = try NotificationScene(world)
      let (one, two) = (try await scene.subscribe("one"), try await scene.subscribe("two"))
      for table in NotificationTables.declarations {
        for row in scene.store.rows(table.name).map(\.row) {
          for secret in [one.secret, two.secret] {
            let isFound = row.body.indices.contains { row.body[$0...].starts(with: secret.bytes) }
            #expect(!isFound, "\(table.name) \(row.key)")
          }
        }
      }
      let seal = scene.ports.webhookSeal
      let records = scene.store.records(NotificationTables.subscriptions)
      for record in records {
        for other in records {
          let opened = seal.opened(other.secrets[0].sealed, of: record.subscription)
          #expect((opened != nil) == (other.subscription == record.subscription))
        }
      }
      // As after somebody has lost the master secret.
      let row = try #require(
        try await scene.store.query(
          NotificationTables.subscriptions,
          RecordQuery(table: NotificationTables.subscriptions.name, limit: 1)
        ).records.first)
      var broken = row.record
      broken.secrets[0].sealed[20] ^= 1
      _ = try await scene.store.commit(
        RecordBatch(entries: [NotificationTables.subscriptions.update(broken, over: row.version)]))
      scene.end(1)
      try await scene.waitForEnd(2)
      #expect(scene.webhooks.received.count == 1)
      #expect(
        scene.deliveries.contains {
          $0.attempts.contains { $0.note?.message.contains("opened") == true }
        })
    }
  }

  /// Goal: what follows the question mark of an address is in no row, and receivers still get it.
  @Test func `the query of an address is sealed`() throws {
    try Simulation.run(seed: 12) { world in
      let scene = try NotificationScene(world)
      let url = "https://receiver.example/in?token=cAnaryquery"
      _ = try await scene.subscribe("one", url: url)
      let changed = await scene.call(
        "PATCH", "/subscriptions/one",
        .object(["webhook": .object(["url": .string(url + "2")])]))
      #expect(changed.body["webhook"]?["url"]?.text == "https://receiver.example/in?…")
      for table in NotificationTables.declarations {
        for row in scene.store.rows(table.name).map(\.row) {
          #expect(!String(decoding: row.body, as: UTF8.self).contains("cAnaryquery"))
        }
      }
      scene.end(1)
      try await scene.waitForEnd(1)
      #expect(scene.webhooks.received.map(\.message.url) == [url + "2"])
    }
  }

  /// Goal: rows from before queries were sealed are understood, and sealed when they change.
  @Test func `an address that was kept open is sealed with the next change`() throws {
    try Simulation.run(seed: 13) { world in
      let scene = try NotificationScene(world)
      let url = "https://receiver.example/in?token=cAnaryquery"
      _ = try await scene.subscribe("one")
      let table = NotificationTables.subscriptions
      let row = try #require(
        try await scene.store.query(table, RecordQuery(table: table.name, limit: 1))
          .records.first)
      var old = row.record
      old.url = url
      _ = try await scene.store.commit(
        RecordBatch(entries: [table.update(old, over: row.version)]))
      let shown = await scene.call("GET", "/subscriptions/one")
      #expect(shown.body["webhook"]?["url"]?.text == "https://receiver.example/in?…")
      scene.end(1)
      try await scene.waitForEnd(1)
      let description: Value = .object(["description": .string("new")])
      _ = await scene.call("PATCH", "/subscriptions/one", description)
      let record = try #require(scene.store.records(table).first)
      #expect(record.url == "https://receiver.example/in")
      #expect(record.address(scene.ports.webhookSeal) == url)
      scene.end(2)
      try await scene.waitForEnd(2)
      #expect(scene.webhooks.received.map(\.message.url) == [url, url])
      var broken = record
      broken.sealedQuery[20] ^= 1
      #expect(broken.address(scene.ports.webhookSeal) == nil)
      #expect(
        scene.ports.webhookSeal.openedQuery(record.secrets[0].sealed, of: record.subscription)
          == nil)
    }
  }

  @Test func `old history goes, what is not over stays`() throws {
    try Simulation.run(seed: 10) { world in
      let scene = try NotificationScene(
        world,
        configure: {
          $0.historyKeptFor = .seconds(4 * 24 * 3_600)
          $0.lookEvery = .seconds(600)
          $0.pollWait = .seconds(600)
        })
      _ = try await scene.subscribe("bot")
      scene.end(1)
      try await scene.waitForEnd(1)
      try await world.here.time.sleep(for: .seconds(5 * 24 * 3_600))
      #expect(scene.deliveries.isEmpty)
      #expect(scene.store.rows("notification_end").isEmpty)
    }
  }
}
