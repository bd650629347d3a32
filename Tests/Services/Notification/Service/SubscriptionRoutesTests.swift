import Domain
import Ports
import SimulationKit
import TestSupport
import Testing

@testable import NotificationService

struct SubscriptionRoutesTests {
  private static let hook = Value.object(["url": .string("https://a.example/in?key=1")])

  @Test func `a subscription is made, found, changed and deleted`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try NotificationScene(world, notifiers: 0)
      let bot = try await scene.subscribe("bot", url: "https://a.example/in?key=secret")
      for path in ["/subscriptions/\(bot.id)", "/subscriptions/bot"] {
        let answer = await scene.call("GET", path)
        #expect(answer.status == 200)
        #expect(answer.body["id"] == .string(bot.id))
        #expect(answer.body["webhook"]?["url"] == .string("https://a.example/in?…"))
        #expect(answer.body["secret"] == nil, "a secret is shown once")
      }
      let changed = await scene.call(
        "PATCH", "/subscriptions/bot",
        .object(["events": .array([.string("recovered")]), "labels": .object([:])]),
        fields: [HTTPField("If-Match", "\"1\"")])
      #expect(changed.status == 200)
      #expect(changed.body["events"] == .array([.string("recovered")]))
      let stale = await scene.call(
        "PATCH", "/subscriptions/bot", .object([:]), fields: [HTTPField("If-Match", "\"1\"")])
      #expect(stale.status == 412)
      #expect(await scene.call("DELETE", "/subscriptions/bot").status == 204)
      #expect(await scene.call("GET", "/subscriptions/\(bot.id)").status == 404)
      #expect(await scene.call("DELETE", "/subscriptions/bot").status == 404)
      _ = try await scene.subscribe("bot")
    }
  }

  @Test func `what is wrong with a request is said, and nothing is made`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try NotificationScene(world, notifiers: 0)
      let name = Value.string("bot")
      let bad: [Value] = [
        .object([:]), .object(["name": name]), .object(["name": name, "webhook": .object([:])]),
        .object(["name": name, "webhook": hook, "email": .array([.string("a@b.example")])]),
        .object(["name": .string("Bot!"), "webhook": hook]),
        .object(["name": name, "webhook": hook, "events": .array([.string("test")])]),
        .object(["name": name, "webhook": hook, "events": .string("failed")]),
        .object(["name": name, "webhook": hook, "surprise": .null]),
        .object(["name": name, "webhook": hook, "labels": .object(["A b": .string("c")])]),
        .object(["name": name, "webhook": hook, "workflows": .array([.string("")])]),
        .object(["name": name, "email": .array([])]),
        .object(["name": name, "email": .array([.string("a@b\r\nBcc: c@d.example")])]),
        .object([
          "name": name,
          "email": .array([String](repeating: "a@b.example", count: 2).map(Value.string)),
        ]),
      ]
      for body in bad {
        let answer = await scene.call("POST", "/subscriptions", body)
        #expect(answer.status == 400, "\(body.json) gives \(answer)")
      }
      let places = [
        "ftp://a.example/", "http://127.0.0.1/", "http://10.0.0.1/", "http://[::1]/",
        "http://169.254.169.254/latest", "https://a.example:22/", "http://u:p@a.example/", "a",
      ]
      for url in places {
        let body = Value.object(["name": name, "webhook": .object(["url": .string(url)])])
        #expect(await scene.call("POST", "/subscriptions", body).status == 400, "\(url)")
      }
      #expect(await scene.call("GET", "/subscriptions").body["items"] == .array([]))
    }
  }

  private var hook: Value { SubscriptionRoutesTests.hook }

  @Test func `names are taken once, and numbers have a limit`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try NotificationScene(
        world, notifiers: 0,
        configure: {
          $0.subscriptionsMax = 3
          $0.webhooksMax = 2
        })
      _ = try await scene.subscribe("one")
      let twice = await scene.call(
        "POST", "/subscriptions", .object(["name": .string("one"), "webhook": hook]))
      #expect(twice.status == 409)
      _ = try await scene.subscribe("two")
      let third = Value.object(["name": .string("three"), "webhook": hook])
      #expect(await scene.call("POST", "/subscriptions", third).status == 422)
      try await scene.subscribe("three", events: ["failed"], mail: ["a@example.org"])
      let fourth = Value.object([
        "name": .string("four"), "email": .array([.string("a@b.example")]),
      ])
      #expect(await scene.call("POST", "/subscriptions", fourth).status == 422)
      #expect(await scene.call("DELETE", "/subscriptions/one").status == 204)
      _ = try await scene.subscribe("four")
    }
  }

  @Test func `lists come page by page, newest messages first`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = try NotificationScene(world)
      for name in ["a", "b", "c"] { _ = try await scene.subscribe(name) }
      let first = await scene.call("GET", "/subscriptions", query: "limit=2")
      #expect(first.body["items"]?.list.compactMap { $0["name"]?.text } == ["a", "b"])
      let cursor = try #require(first.body["nextCursor"]?.text)
      let second = await scene.call("GET", "/subscriptions", query: "limit=2&cursor=\(cursor)")
      #expect(second.body["items"]?.list.compactMap { $0["name"]?.text } == ["c"])
      for number in 1...4 {
        scene.end(UInt64(number))
        try await scene.waitForEnd(number * 3)
      }
      var seen: [String] = []
      var query = "limit=5"
      while true {
        let page = await scene.call("GET", "/deliveries", query: query)
        for item in page.body["items"]?.list ?? [] { seen.append(item["id"]?.text ?? "") }
        guard let next = page.body["nextCursor"]?.text else { break }
        query = "limit=5&cursor=\(next)"
      }
      #expect(seen.count == 12)
      #expect(SortedSet(seen).count == 12)
      let filtered = await scene.call(
        "GET", "/deliveries", query: "subscription=b&state=delivered")
      #expect(filtered.body["items"]?.list.count == 4)
      #expect(await scene.call("GET", "/deliveries", query: "state=nonsense").status == 400)
      #expect(await scene.call("GET", "/deliveries", query: "run=nonsense").status == 400)
    }
  }

  @Test func `nobody reaches what is not theirs`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = try NotificationScene(world, notifiers: 0, permissions: [.notificationRead])
      let answers = [
        await scene.call(
          "POST", "/subscriptions", .object(["name": .string("bot"), "webhook": hook])),
        await scene.call("DELETE", "/subscriptions/bot"),
        await scene.call("POST", "/subscriptions/bot/test"),
      ]
      #expect(answers.allSatisfy { $0.status == 403 || $0.status == 404 })
      #expect(await scene.call("GET", "/subscriptions").status == 200)
      #expect(await scene.call("GET", "/subscriptions/sub_x").status == 404)
      #expect(await scene.call("GET", "/deliveries/ntf_x").status == 404)
    }
  }
}
