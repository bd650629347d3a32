import Domain
import Ports
import TestSupport
import Testing

@testable import ExecutorsAdapter

/// A client for which every call has the same outcome.
private struct ScriptedClient: EgressClient {
  enum Outcome: Sendable {
    case answer(Int, [UInt8])
    case failure(EgressError)
    case silence
  }

  let outcome: Outcome
  let time: any Time

  func send(
    _ call: HTTPCall, answerBytesMax: Int
  ) async throws(EgressError) -> EgressAnswer {
    switch outcome {
    case .answer(let status, let body):
      guard body.count <= answerBytesMax else { throw .tooLarge }
      return EgressAnswer(status: status, body: body)
    case .failure(let error): throw error
    case .silence:
      try? await time.sleep(until: .distantFuture)
      throw .disconnected
    }
  }
}

@Suite(.timeLimit(.minutes(1)))
struct HTTPExecutorTests {
  private func run(
    _ outcome: ScriptedClient.Outcome, outputs: SortedMap<String, ValueType> = [:],
    limits: ExecutionLimits = ExecutionLimits()
  ) async throws -> ExecutionResult {
    let surroundings = try Surroundings()
    return try await ExecutorContract.run(
      executor(outcome, surroundings), order(outputs: outputs, limits: limits)
    ).result
  }

  private func executor(
    _ outcome: ScriptedClient.Outcome, _ surroundings: Surroundings
  ) -> HTTPExecutor {
    HTTPExecutor(
      client: ScriptedClient(outcome: outcome, time: surroundings.time),
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
    let outcome = ScriptedClient.Outcome.answer(202, Array(#"{"id": 7}"#.utf8))
    #expect(try await run(outcome) == .succeeded(outputs: [:]))
    #expect(
      try await run(outcome, outputs: ["status": .integer, "json": .any, "body": .string])
        == .succeeded(outputs: [
          "status": .integer(202), "body": .string(#"{"id": 7}"#),
          "json": .object(["id": .integer(7)]),
        ]))
    #expect(code(try await run(outcome, outputs: ["other": .string])) == "output-missing")
    let binary = ScriptedClient.Outcome.answer(200, [0xff])
    #expect(try await run(binary) == .succeeded(outputs: [:]))
    #expect(code(try await run(binary, outputs: ["body": .string])) == "output-missing")
  }

  @Test(arguments: [
    (ScriptedClient.Outcome.answer(500, []), "http-status"),
    (.failure(.destinationRefused), "http-destination-refused"),
    (.failure(.invalid("the address")), "http-invalid"),
    (.failure(.unreachable("refused")), "http-unreachable"),
    (.failure(.disconnected), "http-outcome-unknown"),
    (.failure(.timedOut), "http-outcome-unknown"),
    (.failure(.malformed), "http-malformed"),
    (.answer(200, [UInt8](repeating: 1, count: 120)), "http-too-large"),
  ])
  fileprivate func `what goes wrong is told apart by whether the call may have taken effect`(
    _ outcome: ScriptedClient.Outcome, _ expected: String
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
      executor(.answer(200, []), surroundings), order())
    #expect(lines.texts(.system) == ["POST http://host.example/v1/x", "status 200"])
  }
}
