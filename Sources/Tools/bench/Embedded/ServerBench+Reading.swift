internal import Domain
internal import Ports
internal import SystemAdapter

// What people do all day: look for runs, and watch one.
extension ServerBench {
  /// Pages of lists and searches; the latency is that of one page. Runs and definitions are made
  /// first, and not measured.
  func search(definitions: Int, runs: Int, name: String) async throws -> Measurement {
    try await fill(definitions: definitions, runs: runs)
    let targets = ServerBench.searches(definitions: definitions)
    return try await Measurement.of(name, tasks: targets.count * 20) {
      var latencies: [Duration] = []
      for target in targets {
        var cursor: String?
        for _ in 0..<20 {
          let place = cursor.map { "&cursor=\($0)" } ?? ""
          let start = client.time.uptime()
          let page = try await client.send("GET", target + place, nil)
          latencies.append(client.time.uptime() - start)
          cursor = page.text("nextCursor")
        }
      }
      return latencies
    }
  }

  private static func searches(definitions: Int) -> [String] {
    let filters = [
      "state = succeeded", "workflow = \(BenchClient.padded(7))",
      "label.team = \"pay\" AND state = succeeded",
      "label.number = \"3\"", "started > -1h", "took < 1s AND label.team = \"pay\"",
    ]
    return [
      "/v1/workflows?limit=50", "/v1/workflows?limit=200", "/v1/workflows?limit=50&label.team=pay",
      "/v1/workflows?limit=50&name=\(BenchClient.padded(definitions / 2).prefix(4))",
      "/v1/runs?limit=50",
      "/v1/runs?limit=200", "/v1/runs?limit=50&workflow=\(BenchClient.padded(3))",
      "/v1/runs?limit=50&state=succeeded", "/v1/jobs?limit=50",
    ] + filters.map { "/v1/jobs?limit=50&filter=\(encoded($0))" }
  }

  private static func encoded(_ text: String) -> String {
    text.utf8.map { byte in
      let isLetter = (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
      return isLetter || (0x61...0x7a).contains(byte)
        ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }

  /// Ten definitions are run, each as often as the others.
  private func fill(definitions: Int, runs: Int) async throws {
    for number in 0..<definitions {
      guard
        case .object(var members) = BenchClient.definition(
          BenchClient.padded(number), [("only", nil)])
      else { continue }
      members["labels"] = .object([
        "team": .string(number % 3 == 0 ? "pay" : "ship"), "number": .string("\(number % 10)"),
      ])
      try await client.apply(.object(members))
      if number % 1_000 == 0 { Output.say("bench: \(number) of \(definitions) definitions") }
    }
    var last = ""
    for number in 0..<runs {
      last = try await client.start(BenchClient.padded(number % 10))
      // Not faster than they run, so that no queue is measured.
      if number % 100 == 99 { try await client.waitForEnd(of: last) }
      if number % 10_000 == 0 { Output.say("bench: \(number) of \(runs) runs") }
    }
    // History has them a moment later.
    while true {
      let page = try await client.send("GET", "/v1/jobs?limit=1", nil)
      if page.items("items").first?.text("run") == last
        || page.items("items").first?.text("id") == last
      {
        break
      }
      try await client.time.sleep(for: .milliseconds(100))
    }
  }

  /// A follower of a task that prints the time again and again.
  func tail(lines: Int, name: String) async throws -> Measurement {
    let script =
      "for i in $(seq \(lines)); do echo \"${EPOCHREALTIME/./}\"; sleep 0.02; done; sleep 0.2"
    try await client.apply(
      .object([
        "version": .integer(1), "id": .string("tail"),
        "tasks": .object([
          "say": .object(["run": .array(["bash", "-c", script].map { .string($0) })])
        ]),
      ]))
    return try await Measurement.of(name, tasks: lines) {
      let id = try await client.start("tail")
      return try await follow(id, lines: lines)
    }
  }

  private func follow(_ id: String, lines: Int) async throws -> [Duration] {
    let answer = try await client.open(
      "GET", "/v1/runs/\(id)/tasks/say/logs?follow=true", nil, accept: "application/x-ndjson")
    guard answer.status == 200 else {
      throw BenchClient.Unexpected(description: "the logs answer \(answer.status)")
    }
    var latencies: [Duration] = []
    var rest: [UInt8] = []
    while let piece = try await answer.body.next() {
      let now = client.time.now()
      rest += piece
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let line = try? Value(json: Array(rest[..<end]))
        rest.removeFirst(end + 1)
        if let text = line?.text("text"), let printed = Int64(text) {
          latencies.append(now - Moment(microseconds: printed))
        }
      }
    }
    guard latencies.count == lines else {
      throw Bench.Failed(description: "\(latencies.count) of \(lines) lines were seen")
    }
    return latencies
  }
}
