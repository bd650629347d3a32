import Domain
import Ports
import TestSupport
import Testing

@testable import ExecutorsAdapter

/// A way to contain processes, by the number that the launcher is asked for.
let levels: [Int32] = [1, 2, 3]

@Suite(.timeLimit(.minutes(2)))
struct ProcessExecutorContractTests {
  @Test(arguments: ExecutorContract.cases)
  func `programs keep the contract of executors`(
    _ promise: ContractCase<ExecutorSubject>
  ) async throws {
    for level in levels {
      let bench = try ProcessBench(level: level)
      try await promise.check(subject(bench))
      #expect(bench.files == [], "something was left behind at level \(level)")
    }
  }

  private func subject(_ bench: ProcessBench) -> ExecutorSubject {
    ExecutorSubject(
      executor: bench.executor, foreign: .call(function: "noop", arguments: [:]), goodExitCode: 0
    ) { act in
      switch act {
      case .succeed(.string(let text)):
        .script(
          text: "printf 'answer=%s\\n' '\(text)' > \"$MILLRACE_OUTPUTS\"",
          interpreter: ["/bin/sh"])
      case .succeed(.null): .run(argv: ["true"])
      case .succeed(let value):
        .script(
          text: "cat > \"$MILLRACE_OUTPUTS\" <<'END'\nanswer<<X\n\(value.json)\nX\nEND",
          interpreter: ["/bin/sh"])
      case .fail: .run(argv: ["sh", "-c", "exit 3"])
      case .print(let count): .run(argv: ["seq", "-f", "line %.0f", "\(count)"])
      case .hang: .run(argv: ["sh", "-c", "echo here; sleep 600; :"])
      case .hangDeaf:
        .run(argv: ["sh", "-c", "trap '' TERM; echo here; while :; do sleep 600; done"])
      case .nonsense: .run(argv: [])
      }
    }
  }
}
