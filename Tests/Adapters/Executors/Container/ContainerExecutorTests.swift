import Domain
import Glibc
import Ports
import TestSupport
import Testing

@testable import ExecutorsAdapter

@Suite(.timeLimit(.minutes(2)))
struct ContainerExecutorTests {
  @Test(arguments: ExecutorContract.cases)
  func `containers keep the contract of executors`(
    _ promise: ContractCase<ExecutorSubject>
  ) async throws {
    let bench = try EngineBench()
    try await promise.check(subject(bench))
    await bench.executor.waitForSweep()
    #expect(bench.containers == [])
    #expect(bench.files == [])
  }

  private func subject(_ bench: EngineBench) -> ExecutorSubject {
    ExecutorSubject(
      executor: bench.executor, foreign: .run(argv: ["true"]), goodExitCode: 0
    ) { act in
      let image = TaskContainer(image: "debian")
      return switch act {
      case .succeed(.string(let text)):
        .contained(
          image,
          .script(
            text: "printf 'answer=%s\\n' '\(text)' > \"$MILLRACE_OUTPUTS\"",
            interpreter: ["/bin/sh"]))
      case .succeed(.null): .contained(image, .run(argv: ["true"]))
      case .succeed(let value):
        .contained(
          image,
          .script(
            text: "cat > \"$MILLRACE_OUTPUTS\" <<'END'\nanswer<<X\n\(value.json)\nX\nEND",
            interpreter: ["/bin/sh"]))
      case .fail: .contained(image, .run(argv: ["sh", "-c", "exit 3"]))
      case .print(let count):
        .contained(image, .run(argv: ["seq", "-f", "line %.0f", "\(count)"]))
      case .hang: .contained(image, .run(argv: ["sh", "-c", "echo here; sleep 600; :"]))
      case .hangDeaf:
        .contained(
          image,
          .run(argv: ["sh", "-c", "trap '' TERM; echo here; while :; do sleep 600; done"]))
      case .nonsense: .contained(image, .run(argv: []))
      }
    }
  }

  @Test func `it gets nothing that nobody gave it`() async throws {
    let bench = try EngineBench()
    _ = try await bench.run(
      .run(argv: ["echo", "a b"]), in: TaskContainer(image: "debian:12"))
    let words = try #require(try bench.calls("run").first).words
    for word in [
      "--rm", "--read-only", "--cap-drop ALL", "--security-opt no-new-privileges",
      "--network none", "--pids-limit 1024", "--workdir /millrace/work",
    ] {
      #expect(" \(words.joined(separator: " ")) ".contains(" \(word) "), "\(word) is missing")
    }
    #expect(Array(words.suffix(4)) == ["--entrypoint", "echo", "debian:12", "a b"])
    let user = try #require(words.firstIndex(of: "--user"))
    #expect(!words[user + 1].hasPrefix("0:"))
    #expect(!words.contains("--privileged"))
  }

  @Test func `it gets the limits and the network of its definition`() async throws {
    let bench = try EngineBench()
    let container = TaskContainer(
      image: "debian", network: .default, memoryMebibytesMax: 64,
      processorsMax: Decimal(text: "0.5"), processesMax: 7)
    _ = try await bench.run(.run(argv: ["true"]), in: container)
    let words = try #require(try bench.calls("run").first).words.joined(separator: " ")
    #expect(words.contains("--memory 64m --memory-swap 64m --cpus 0.5"))
    #expect(words.contains("--pids-limit 7"))
    #expect(!words.contains("--network"))
  }

  @Test func `values of variables stand in a file of the worker and in no command line`()
    async throws
  {
    let bench = try EngineBench()
    let (lines, _) = try await bench.run(
      .run(argv: ["sh", "-c", "echo $TOKEN $HOME; pwd"]),
      environment: ["TOKEN": "canary = #1", "DOCKER_HOST": "tcp://elsewhere"])
    let home = lines.texts().last ?? ""
    #expect(lines.texts().first == "canary = #1 \(home)")
    let call = try #require(try bench.calls("run").first)
    #expect(!call.words.contains { $0.contains("canary") })
    #expect(call.mode == 0o600)
    #expect(call.environment?.contains("TOKEN=canary = #1") == true)
    // What a task says goes inside and never to the engine's program.
    #expect(call.environment?.contains("DOCKER_HOST=tcp://elsewhere") == true)
    await bench.executor.waitForSweep()
    #expect(bench.files == [])
  }

  @Test(arguments: ["a\nb", "a\rb"])
  func `a value that no engine takes is refused before anything starts`(value: String)
    async throws
  {
    let bench = try EngineBench()
    await #expect(throws: ExecutorError.self) {
      try await bench.run(.run(argv: ["true"]), environment: ["KEY": value])
    }
    #expect(try bench.calls("run").isEmpty)
  }

  @Test func `files are brought before and found after`() async throws {
    let bench = try EngineBench()
    let order = WorkOrder.sample(
      .contained(TaskContainer(image: "debian"), .run(argv: ["cp", "in/a.txt", "b.txt"])))
    let folder = try await bench.executor.folder(for: order)
    try await folder.write("in/a.txt", Array("content".utf8), at: 0)
    let (_, result) = try await ExecutorContract.run(bench.executor, order)
    #expect(result == .succeeded(outputs: [:], exitCode: 0))
    #expect(try await folder.read("b.txt", 0..<100) == Array("content".utf8))
    await folder.remove()
    await bench.executor.waitForSweep()
    #expect(bench.files == [])
  }
}
