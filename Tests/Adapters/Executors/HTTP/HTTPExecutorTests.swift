import Domain
import Ports
import TestSupport
import Testing

@testable import ExecutorsAdapter

/// A network on which every call has the same outcome.
private struct ScriptedNetwork: Network {
  enum Outcome: Sendable {
    case answer(Int, [[UInt8]], then: HTTPError?)
    case failure(HTTPError)
    case silence
  }

  let outcome: Outcome
  let time: any Time

  func serve(
    _ address: String, _ handler: any HTTPHandler, ready: @Sendable (String) -> Void
  ) async throws(HTTPError) { throw .unreachable("scripted") }

  func serve(rpc service: String, _ handler: any RPCHandler) async throws(RPCError) {}

  func call(
    _ service: String, _ method: String, _ request: [UInt8], within: Duration
  ) async throws(RPCError) -> [UInt8] { throw RPCError(.unavailable, "scripted") }

  func send(_ request: HTTPCall) async throws(HTTPError) -> HTTPAnswer {
    switch outcome {
    case .answer(let status, let pieces, let end):
      return HTTPAnswer(status: status, fields: [], body: Pieces(pieces, end))
    case .failure(let error): throw error
    case .silence:
      try? await time.sleep(until: .distantFuture)
      throw .disconnected
    }
  }

  actor Pieces: HTTPBodySource {
    private var pieces: [[UInt8]]
    private let end: HTTPError?

    init(_ pieces: [[UInt8]], _ end: HTTPError?) {
      self.pieces = pieces
      self.end = end
    }

    func next() async throws(HTTPError) -> [UInt8]? {
      if !pieces.isEmpty { return pieces.removeFirst() }
      if let end { throw end }
      return nil
    }
  }
}

@Suite(.timeLimit(.minutes(1)))
struct HTTPExecutorTests {
  private func run(
    _ outcome: ScriptedNetwork.Outcome, outputs: SortedMap<String, ValueType> = [:],
    limits: ExecutionLimits = ExecutionLimits()
  ) async throws -> ExecutionResult {
    let surroundings = try Surroundings()
    return try await ExecutorContract.run(
      executor(outcome, surroundings), order(outputs: outputs, limits: limits)
    ).result
  }

  private func executor(
    _ outcome: ScriptedNetwork.Outcome, _ surroundings: Surroundings
  ) -> HTTPExecutor {
    HTTPExecutor(
      network: ScriptedNetwork(outcome: outcome, time: surroundings.time),
      time: surroundings.time, spawner: surroundings.spawner)
  }

  private func order(
    outputs: SortedMap<String, ValueType> = [:], limits: ExecutionLimits = ExecutionLimits()
  ) -> WorkOrder {
    .sample(
      .http(
        method: "POST", url: "http://user:secret@host.example/v1/x?token=secret", headers: [],
        body: [], expect: [200, 202]), outputs: outputs, limits: limits)
  }

  private func code(_ result: ExecutionResult) -> String? {
    if case .failed(nil, let reason) = result { reason.code } else { nil }
  }

  @Test func `an expected answer succeeds with the outputs that were declared`() async throws {
    let body = Array(#"{"id": 7}"#.utf8)
    let outcome = ScriptedNetwork.Outcome.answer(
      202, [Array(body[..<4]), Array(body[4...])], then: nil)
    #expect(try await run(outcome) == .succeeded(outputs: [:]))
    #expect(
      try await run(outcome, outputs: ["status": .integer, "json": .any, "body": .string])
        == .succeeded(outputs: [
          "status": .integer(202), "body": .string(#"{"id": 7}"#),
          "json": .object(["id": .integer(7)]),
        ]))
    #expect(code(try await run(outcome, outputs: ["other": .string])) == "output-missing")
    let binary = ScriptedNetwork.Outcome.answer(200, [[0xff]], then: nil)
    #expect(try await run(binary) == .succeeded(outputs: [:]))
    #expect(code(try await run(binary, outputs: ["body": .string])) == "output-missing")
  }

  @Test(arguments: [
    (ScriptedNetwork.Outcome.answer(500, [], then: nil), "http-status"),
    (.failure(.unreachable("refused")), "http-unreachable"),
    (.failure(.disconnected), "http-outcome-unknown"),
    (.failure(.timedOut), "http-outcome-unknown"),
    (.failure(.malformed("status line")), "http-malformed"),
    (.answer(200, [[1], [2]], then: .disconnected), "http-outcome-unknown"),
    (
      .answer(
        200, [[UInt8](repeating: 1, count: 60), [UInt8](repeating: 1, count: 60)], then: nil),
      "http-too-large"
    ),
  ])
  fileprivate func `what goes wrong is told apart by whether the call may have taken effect`(
    _ outcome: ScriptedNetwork.Outcome, _ expected: String
  ) async throws {
    let result = try await run(outcome, limits: ExecutionLimits(responseBytesMax: 100))
    #expect(code(result) == expected)
  }

  @Test func `a call under way can be stopped`() async throws {
    let surroundings = try Surroundings()
    let execution = try await executor(.silence, surroundings).start(order())
    await execution.stop(.terminate)
    guard case .stopped = await execution.result() else {
      Issue.record("not stopped")
      return
    }
  }

  @Test func `the log names the call without what may be secret in its URL`() async throws {
    let surroundings = try Surroundings()
    let (lines, _) = try await ExecutorContract.run(
      executor(.answer(200, [], then: nil), surroundings), order())
    #expect(lines.texts(.system) == ["POST http://host.example/v1/x", "status 200"])
  }
}
