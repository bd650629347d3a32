import Domain
import Foundation
import SystemAdapter
import TestSupport
import Testing

/// A receiver that is down for a while, for real: a process, sockets, and a clock that nobody
/// turns. `make outage` runs this with a minute.
@Suite(.timeLimit(.minutes(5)))
struct ReceiverOutageTests {
  /// How long the receiver is down at least, in seconds.
  private static let seconds =
    ProcessInfo.processInfo.environment["MILLRACE_OUTAGE_SECONDS"].flatMap { Int($0) } ?? 0

  /// Several attempts fall into a short outage, few into a long one: a receiver that fails too
  /// often is paused.
  private static var waits: String {
    guard seconds > 0 else {
      return Array(repeating: "2s", count: 30).joined(separator: ",")
    }
    return "\(max(seconds / 4, 1))s,\(seconds)s,\(max(seconds / 2, 1))s,10s,10s,10s"
  }

  private struct Message: Sendable {
    var id: String
    var state: String
    var attempts: Int64
  }

  private func messages(_ client: APIClient, _ token: String) async throws -> [Message] {
    let answer = try await client.call("GET", "/v1/notifications/deliveries", token: token)
    guard case .object(let page) = try Value(json: answer.text),
      case .array(let items)? = page["items"]
    else { return [] }
    return items.compactMap { item in
      guard case .object(let members) = item, case .string(let id)? = members["id"],
        case .string(let state)? = members["state"],
        case .integer(let attempts)? = members["attemptCount"]
      else { return nil }
      return Message(id: id, state: state, attempts: attempts)
    }
  }

  @Test func `a receiver that was down has each message exactly once after it is back`()
    async throws
  {
    let receiver = try OutageReceiver()
    try await receiver.start()
    await receiver.stop()
    let files = try Folder()
    let dev = try await DevProcess.start(
      ["--data", files.path + "/data", "--notify-retry", Self.waits], in: files)
    let client = try APIClient(dev.url)
    let settings = dev.files.read("millrace/dev.json")
    let token = String(settings.split(separator: "\"").first { $0.hasPrefix("mr_dev_") } ?? "")
    let order =
      "{\"name\":\"hook\",\"events\":[\"finished\"],\"webhook\":{\"url\":\"\(receiver.url)\"}}"
    let made = try await client.call(
      "POST", "/v1/notifications/subscriptions", order, token: token)
    #expect(made.status == 201, "\(made)")
    let start = ProcessClock.uptime()
    let runs = 3
    for _ in 0..<runs {
      let started = try await client.call(
        "POST", "/v1/runs", "{\"workflow\":\"hello\"}", token: token)
      #expect((200..<300).contains(started.status), "\(started)")
    }

    // Nobody listens: every message is tried in vain.
    let patience = Duration.seconds(60 + 2 * Self.seconds)
    #expect(
      try await eventually(within: patience) {
        let all = try await messages(client, token)
        return all.count == runs && all.allSatisfy { $0.attempts >= 1 && $0.state == "waiting" }
          && ProcessClock.uptime() - start >= .seconds(Self.seconds / 2)
      })
    // Somebody listens and takes nothing.
    receiver.seen.withLock { $0.status = 503 }
    try await receiver.start()
    #expect(
      try await eventually(within: patience) {
        receiver.seen.withLock { Set($0.refused).count } == runs
          && ProcessClock.uptime() - start >= .seconds(Self.seconds)
      })
    let failed = try await messages(client, token).map(\.attempts).reduce(0, +)
    receiver.seen.withLock { $0.status = 200 }

    #expect(
      try await eventually(within: patience) {
        try await messages(client, token).allSatisfy { $0.state == "delivered" }
      })
    let ids = try await messages(client, token).map(\.id)
    let taken = receiver.seen.withLock { $0.taken }
    #expect(taken.sorted() == ids.sorted())
    #expect(taken.count == runs)
    SecurityTest.webhooks.report(
      "\(runs) messages, \(failed) attempts while the receiver was down, \(taken.count) taken")
    #expect(await dev.stop() == 0)
    await receiver.stop()
  }
}
