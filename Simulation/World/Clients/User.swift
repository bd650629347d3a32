internal import Domain
internal import SimulationKit
internal import SimulationOracles

/// Starts runs, looks at them, and changes its mind.
struct User: Sendable {
  let client: Client
  let workflows: [String]
  let workload: Workload
  let random: WorldRandom
  /// What is passed to every run.
  let inputs: SortedMap<String, Value>

  func live() async {
    var runs: [String] = []
    var kept: [(artifact: String, path: String)] = []
    for number in 0..<workload.runsPerUser {
      await client.rest(random.length(in: .milliseconds(100)...max(workload.restMax, .seconds(1))))
      if let run = await start(number) { runs.append(run) }
      for _ in 0..<(workload.meddles ? random.below(4) : 0) {
        await client.rest(random.length(in: .milliseconds(10)...(.seconds(8))))
        await meddle(runs, &kept)
      }
    }
  }

  private func start(_ number: Int) async -> String? {
    let workflow = workflows[random.below(workflows.count)]
    let key = "\(client.name)-\(number)"
    let body = Value.object([
      "workflow": .string(workflow), "inputs": .object(inputs),
      "labels": .object([SameKeySameRun.label: .string(key)]),
    ])
    let answer = await client.insist(
      .init(.workflow, "POST", "/v1/runs", body, key: key), .start(workflow: workflow))
    return answer?.body.text("id")
  }

  private func meddle(
    _ runs: [String], _ kept: inout [(artifact: String, path: String)]
  ) async {
    guard !runs.isEmpty else { return }
    let run = runs[max(runs.count - 1 - random.below(4), 0)]
    let path = "/v1/runs/\(run)"
    let reason = Value.object(["reason": .string("because")])
    switch random.below(20) {
    case 0: await act(.cancel(run: run), path + "/cancel", reason)
    case 1: await act(.kill(run: run), path + "/kill", reason)
    case 2:
      await act(.pause(run: run), path + "/pause", reason)
      await client.rest(random.length(in: .zero...(.seconds(20))))
      await act(.resume(run: run), path + "/resume", reason)
    case 3, 14: await act(.rerun(run: run), path + "/rerun", .object(["mode": .string("all")]))
    case 4, 5:
      _ = await client.send(.init(.metadata, "GET", "/v1/jobs?limit=20"), .other("search"))
    case 11, 12, 13:
      guard !kept.isEmpty else { return }
      let (artifact, path) = kept[random.below(kept.count)]
      await client.download(artifact, of: path)
    case 15:
      guard !kept.isEmpty else { return }
      let (artifact, path) = kept.remove(at: random.below(kept.count))
      await client.remove(artifact, of: path)
    case 7, 8, 9, 10:
      let name = "\(path)/artifacts/file-\(random.below(1_000_000))"
      let length = 1 + random.below(4_000)
      let content = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      // Two with one name and one length at once, as careless scripts do.
      let isDouble = random.below(4) == 0
      async let other = isDouble ? client.upload(name, content.map { ~$0 }) : nil
      let mine = await upload(name, content)
      let another = await other
      guard let artifact = mine ?? another else { return }
      await client.rest(random.length(in: .milliseconds(10)...(.seconds(5))))
      await client.download(artifact, of: name)
      kept.append((artifact, name))
    case 6:
      _ = await client.send(
        .init(.workflow, "GET", "/v1/runs/\(run)/tasks"), .other("tasks"))
    default:
      _ = await client.send(.init(.workflow, "GET", path), .get(run: run))
    }
  }

  /// Tries again what was not acknowledged, as people do.
  private func upload(_ name: String, _ content: [UInt8]) async -> String? {
    for _ in 0..<User.uploadTriesMax {
      if let artifact = await client.upload(name, content) { return artifact }
      await client.rest(random.length(in: .milliseconds(10)...(.seconds(3))))
    }
    return nil
  }

  private static let uploadTriesMax = 3

  private func act(_ intent: ClientCall.Intent, _ path: String, _ body: Value) async {
    let key = "\(client.name) \(path) \(random.next())"
    _ = await client.insist(.init(.workflow, "POST", path, body, key: key), intent, tries: 10)
  }
}
