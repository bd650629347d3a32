import Domain
import Glibc
import Ports
import TestSupport
import Testing

@testable import ExecutorsAdapter

@Suite(.timeLimit(.minutes(2)))
struct ProcessExecutorTests {
  private func run(_ bench: ProcessBench, _ order: WorkOrder) async throws
    -> (lines: [OutputLine], result: ExecutionResult)
  {
    let run = try await ExecutorContract.run(bench.executor, order)
    #expect(bench.files == [], "the work directory is still there")
    return run
  }

  private func failure(_ result: ExecutionResult) -> (Int?, String)? {
    if case .failed(let exitCode, let reason) = result { (exitCode, reason.code) } else { nil }
  }

  @Test func `a program gets the environment of its order and nothing of the worker's`()
    async throws
  {
    setenv("MILLRACE_TEST_SECRET", "canary", 1)
    let bench = try ProcessBench()
    let (lines, _) = try await run(
      bench, .sample(.run(argv: ["env"]), environment: ["MILLRACE_ATTEMPT": "2", "LANG": "C"]))
    let names = lines.texts().compactMap { $0.split(separator: "=").first.map(String.init) }
    #expect(
      names.sorted() == [
        "HOME", "LANG", "MILLRACE_ATTEMPT", "MILLRACE_OUTPUTS", "PATH", "TMPDIR",
      ])
    #expect(lines.texts().contains("LANG=C"))
  }

  @Test func `it starts in an empty directory of its own, with no input and no descriptors`()
    async throws
  {
    let bench = try ProcessBench()
    let text = """
      pwd; [ "$PWD" = "$HOME" ] && echo home; ls -A | wc -l; umask; cat | wc -c
      ls /proc/$$/fd; touch "$TMPDIR/x" && echo temporary
      grep -E 'NoNewPrivs|SigBlk' /proc/self/status
      """
    let (lines, result) = try await run(bench, .shell(text))
    #expect(result == .succeeded(outputs: [:], exitCode: 0))
    let texts = lines.texts()
    #expect(texts.first?.hasPrefix(bench.directory) == true)
    // The shell has its script open as the one descriptor beside the three.
    #expect(
      Array(texts.dropFirst()) == [
        "home", "0", "0077", "0", "0", "1", "10", "2", "temporary", "SigBlk:\t0000000000000000",
        "NoNewPrivs:\t1",
      ])
  }

  @Test(arguments: levels)
  func `what a tree has used is known once it has ended`(_ level: Int32) async throws {
    let bench = try ProcessBench(level: level)
    // A grandchild takes a fifth of a second of the processor, and 96 MiB.
    let text = """
      (perl -e '$x = "x" x (96 << 20); while ((times)[0] + (times)[1] < 0.2) { $y++ }'; exit 0)
      exit 3
      """
    let execution = try await bench.executor.start(.shell(text))
    while !(await execution.nextOutput()).isEmpty {}
    _ = await execution.result()
    let usage = try #require(await execution.usage())
    #expect(usage.processorTime >= .milliseconds(190))
    #expect((96 << 20...1 << 30).contains(usage.memoryPeakBytes))
  }

  @Test(arguments: levels)
  func `ends by code and by signal are told apart`(_ level: Int32) async throws {
    let bench = try ProcessBench(level: level)
    let byCode = try await run(bench, .sample(.run(argv: ["sh", "-c", "exit 41"]), 1)).result
    #expect(try #require(failure(byCode)) == (41, "exit-code"))
    let bySignal = try await run(bench, .sample(.run(argv: ["sh", "-c", "kill -SEGV $$"]), 2))
    guard case .failed(139, let reason) = bySignal.result else {
      Issue.record("\(bySignal.result)")
      return
    }
    #expect(reason.code == "killed-by-signal")
    #expect(reason.message.contains("11 (SIGSEGV)"))
  }

  @Test func `a program that cannot be started fails as in a shell`() async throws {
    let bench = try ProcessBench()
    let cases: [([String], Int, String)] = [
      (["no-such-program-here"], 127, "program-not-found"),
      (["./missing"], 127, "program-not-found"),
      (["/etc/passwd"], 126, "program-not-executable"),
      (["/tmp"], 126, "program-not-executable"),
      (["true", "a\0b"], 126, "program-not-executable"),
      (["true", String(repeating: "x", count: 200_000)], 126, "arguments-too-large"),
    ]
    for (number, (argv, exitCode, code)) in cases.enumerated() {
      let result = try await run(bench, .sample(.run(argv: argv), number)).result
      #expect(try #require(failure(result)) == (exitCode, code), "\(argv[0])")
    }
    let missing = WorkOrder.sample(.script(text: "x", interpreter: ["/no/interpreter"]), 90)
    #expect(
      try #require(failure(try await run(bench, missing).result)) == (127, "program-not-found"))
  }

  @Test func `a script is one argument more for its interpreter, quotes and all`() async throws {
    let bench = try ProcessBench()
    let order = WorkOrder.sample(
      .script(text: "echo \"$1\" '$HOME'\necho $#\n", interpreter: ["/bin/sh", "-e"]))
    let (lines, _) = try await run(bench, order)
    #expect(lines.texts() == [" $HOME", "0"])
  }

  @Test(arguments: [
    ("echo 'b=1' > $MILLRACE_OUTPUTS", "output-undeclared"),
    ("echo 'a=x' > $MILLRACE_OUTPUTS", "output-type"), (":", "output-missing"),
    ("echo 'junk' > $MILLRACE_OUTPUTS", "output-syntax"),
    ("head -c 1000000 /dev/zero > $MILLRACE_OUTPUTS", "outputs-too-large"),
    ("ln -s /etc/passwd $MILLRACE_OUTPUTS", "output-unreadable"),
    ("mkfifo $MILLRACE_OUTPUTS", "output-unreadable"),
    ("mkdir $MILLRACE_OUTPUTS", "output-unreadable"),
  ])
  func `outputs that are not as declared fail the task`(
    _ text: String, _ code: String
  ) async throws {
    let bench = try ProcessBench()
    let result = try await run(bench, .shell(text, outputs: ["a": .integer])).result
    #expect(try #require(failure(result)) == (0, code))
  }

  @Test func `what a program leaves in its directory is removed, however nested`() async throws {
    let bench = try ProcessBench()
    let text = """
      for i in $(seq 300); do mkdir deep-directory-name; cd deep-directory-name; done
      touch file; chmod 0 .; cd "$HOME"; mkdir a; ln -s / a/root; touch a/-rf; chmod 500 a
      mkdir -p .hidden/0/1 ; touch "$HOME.removing" ../x
      """
    #expect(try await run(bench, .shell(text)).result == .succeeded(outputs: [:], exitCode: 0))
    #expect(access("/etc/passwd", F_OK) == 0)
  }

  @Test func `a directory may be named from where the worker was started`() async throws {
    let bench = try ProcessBench()
    var here = [CChar](repeating: 0, count: Int(PATH_MAX))
    #expect(getcwd(&here, here.count) != nil)
    let depth = here.prefix { $0 != 0 }.count { $0 == CChar(UInt8(ascii: "/")) }
    let relative = String(repeating: "../", count: depth) + bench.directory.dropFirst() + "/inner"
    let executor = try ProcessExecutor(
      ProcessExecutorConfiguration(directory: relative), loop: bench.surroundings.loop,
      time: bench.surroundings.time, spawner: bench.surroundings.spawner)
    let (lines, result) = try await ExecutorContract.run(executor, .shell("pwd"))
    #expect(result == .succeeded(outputs: [:], exitCode: 0))
    #expect(lines.texts().first?.hasPrefix(bench.directory + "/inner/") == true)
  }

  @Test func `directories of workers that have gone are removed at the next start`() async throws {
    let bench = try ProcessBench()
    let left = bench.directory + "/worker-1-1"
    mkdir(left, 0o700)
    mkdir(left + "/attempt", 0o700)
    close(open(left + ".lock", O_CREAT | O_WRONLY, 0o600))
    let next = try ProcessExecutor(
      ProcessExecutorConfiguration(directory: bench.directory), loop: bench.surroundings.loop,
      time: bench.surroundings.time, spawner: bench.surroundings.spawner)
    #expect(await bench.surroundings.waits { access(left, F_OK) != 0 })
    #expect(access(left + ".lock", F_OK) != 0)
    let order = WorkOrder.sample(.run(argv: ["true"]))
    #expect(
      try await ExecutorContract.run(next, order).result == .succeeded(outputs: [:], exitCode: 0),
      "a living worker's directory is not touched")
    #expect(try await run(bench, order).result == .succeeded(outputs: [:], exitCode: 0))
  }

  @Test func `a worker whose launcher was killed goes on with another one`() async throws {
    let bench = try ProcessBench()
    let execution = try await bench.executor.start(.shell("echo here; sleep 600", 1))
    _ = await execution.nextOutput()
    kill(bench.executor.launcherPID, SIGKILL)
    guard case .unknown(let reason) = await execution.result() else {
      Issue.record("the end of a lost tree is known")
      return
    }
    #expect(reason.code == "process-lost")
    let next = try await run(bench, .sample(.run(argv: ["true"]), 2))
    #expect(next.result == .succeeded(outputs: [:], exitCode: 0))
  }
}
