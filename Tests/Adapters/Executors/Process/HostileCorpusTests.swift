import Domain
import Glibc
import Ports
import TestSupport
import Testing

@testable import ExecutorsAdapter

/// T-SANDBOX: whatever a program does, the worker takes and runs the next one, nothing of it is
/// left, and what belongs to another attempt was not seen.
@Suite(.timeLimit(.minutes(5)), .serialized)
struct HostileCorpusTests {
  private static let canary = "CANARY-of-another-attempt"

  /// Another attempt at work, with a secret in its environment and in a file of its own.
  private func victim(_ bench: ProcessBench) async throws -> (any Execution, file: String) {
    let text = "echo $SECRET > victim; echo \"$PWD/victim\"; exec sleep 600"
    let execution = try await bench.executor.start(
      .shell(text, 1_000, environment: ["SECRET": HostileCorpusTests.canary]))
    let file = try #require(await execution.nextOutput().texts().first)
    #expect(access(file, R_OK) == 0, "the worker itself finds \(file)")
    return (execution, file)
  }

  private func run(_ program: HostileProgram, level: Int32) async throws {
    let bench = try ProcessBench(level: level, limits: program.limits)
    let name = Comment(rawValue: "\(program) at level \(level)")
    let (victim, file) = try await victim(bench)
    let mark = "97\(level)\(getpid())"
    let text = program.text.replacing("MARK", with: mark).replacing("VICTIM", with: file)
    let limits = ExecutionLimits(outputBytesMax: 1 << 20)
    let execution = try await bench.executor.start(.shell(text, 1, limits: limits))
    var lines: [OutputLine] = []
    while true {
      let more = await execution.nextOutput()
      if more.isEmpty { break }
      lines += more
      if program.end == .killed, more.texts().contains("ready") { await execution.stop(.kill) }
    }
    let result = await execution.result()
    // Looked at once, without waiting: the result promises it.
    #expect(Processes.with(mark).isEmpty, name)
    #expect(isExpected(result, program.end), "\(program) at level \(level): \(result)")
    let said = lines.texts()
    for word in program.says { #expect(said.contains(word), "\(name): \(said)") }
    #expect(!said.contains { $0.contains("CANARY") || $0.contains("attached") }, name)
    let bytes = lines.filter { $0.stream != .system }.reduce(0) { $0 + $1.bytes.count }
    // The last piece before the limit is whole.
    #expect(bytes <= (1 << 20) + (64 << 10), name)
    let next = try await ExecutorContract.run(bench.executor, .shell("echo fine", 2))
    #expect(next.result == .succeeded(outputs: [:], exitCode: 0), name)
    #expect(next.lines.texts() == ["fine"], name)
    await victim.stop(.kill)
    guard case .stopped = await victim.result() else {
      Issue.record("the other attempt did not live through it: \(name)")
      return
    }
    #expect(bench.files == [], name)
  }

  private func isExpected(_ result: ExecutionResult, _ end: HostileProgram.End) -> Bool {
    switch (end, result) {
    case (.exits(let code), .failed(let exitCode, _)): exitCode == code
    case (.fails, .failed), (.killed, .stopped): true
    default: false
    }
  }

  @Test func `whatever a program does, the worker goes on and nothing of it is left`() async throws
  {
    setenv("MILLRACE_TEST_SECRET_OF_WORKER", "CANARY-of-the-worker", 1)
    var count = 0
    for level in levels {
      for program in HostileCorpus.programs where program.levels.contains(level) {
        try await run(program, level: level)
        count += 1
      }
    }
    SecurityTest.sandbox.report(
      "\(HostileCorpus.programs.count) hostile programs, \(count) runs at \(levels.count) levels "
        + "of containment, 0 survivors, 0 files of others read")
  }
}
