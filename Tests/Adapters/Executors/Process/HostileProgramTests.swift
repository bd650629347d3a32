import Domain
import Glibc
import Ports
import TestSupport
import Testing

@testable import ExecutorsAdapter

/// Programs that do not want to end, at each level of containment: nothing of them may be left.
@Suite(.timeLimit(.minutes(2)), .serialized)
struct HostileProgramTests {
  /// A word that no other process on the machine has: an odd number of seconds.
  private static func mark(_ number: Int32, _ level: Int32) -> String {
    "9\(number)\(level)\(getpid())"
  }

  /// Runs the text until so many processes have the mark, lets it go on, stops it, and expects no
  /// survivor.
  private func expectNoSurvivor(
    _ text: String, level: Int32, mark: String, count: Int, stops: [StopSignal]
  ) async throws {
    let bench = try ProcessBench(level: level)
    let go = "\(bench.directory).go"
    let script = text.replacing("MARK", with: mark)
      .replacing("PAUSE", with: "until [ -e \(go) ]; do sleep 0.01; done")
    let execution = try await bench.executor.start(.shell(script))
    #expect(await bench.surroundings.waits { Processes.with(mark).count >= count })
    close(open(go, O_CREAT | O_WRONLY, 0o600))
    defer { unlink(go) }
    for stop in stops { await execution.stop(stop) }
    async let rest = ExecutorContract.read(execution)
    _ = await execution.result()
    // Looked at once, without waiting: the result promises it.
    #expect(Processes.with(mark).isEmpty, "level \(level)")
    #expect(bench.files == [])
    _ = await rest
  }

  @Test(arguments: levels)
  func `daemons end with the program that made them`(_ level: Int32) async throws {
    try await expectNoSurvivor(
      """
      setsid sh -c 'sleep MARK & sleep MARK' & (setsid sleep MARK &) ; (sleep MARK & ) &
      PAUSE
      """, level: level, mark: Self.mark(1, level), count: 4, stops: [])
  }

  @Test(arguments: levels)
  func `what ignores the polite signal is killed, daemons too`(_ level: Int32) async throws {
    try await expectNoSurvivor(
      """
      trap '' TERM INT HUP; setsid sh -c 'trap "" TERM; sleep MARK; sleep MARK' &
      while :; do sleep MARK; done
      """, level: level, mark: Self.mark(2, level), count: 2, stops: [.terminate, .kill])
  }

  @Test(arguments: levels)
  func `what multiplies is ended as a whole`(_ level: Int32) async throws {
    try await expectNoSurvivor(
      """
      for i in $(seq 40); do (setsid sh -c '(sleep MARK & ) ; sleep MARK' &) ; done
      while :; do (setsid sleep MARK &) ; sleep 0.01; done
      """, level: level, mark: Self.mark(3, level), count: 80, stops: [.kill])
  }

  @Test(arguments: levels)
  func `what kills or stops all it can reach above itself leaves nothing`(
    _ level: Int32
  ) async throws {
    try await expectNoSurvivor(
      """
      setsid sleep MARK & PAUSE; kill -STOP $PPID; kill -KILL $PPID; kill -KILL $PPID
      sleep MARK
      """, level: level, mark: Self.mark(4, level), count: 1, stops: [.kill])
  }

  @Test(arguments: levels)
  func `the polite signal reaches every process, and its last words are read`(
    _ level: Int32
  ) async throws {
    let bench = try ProcessBench(level: level)
    let text = """
      setsid sh -c 'trap "echo daemon; exit" TERM; echo ready; while :; do sleep 0.01; done' &
      trap 'echo main; exit 0' TERM; while :; do sleep 0.01; done
      """
    let execution = try await bench.executor.start(.shell(text))
    #expect(await execution.nextOutput().texts() == ["ready"])
    await execution.stop(.terminate)
    let words = await ExecutorContract.read(execution).texts()
    #expect(words.sorted() == ["daemon", "main"])
    guard case .stopped = await execution.result() else {
      Issue.record("not stopped")
      return
    }
  }

  @Test func `a gigabyte of output costs neither memory nor the task`() async throws {
    let bench = try ProcessBench()
    let limits = ExecutionLimits(outputBytesMax: 1 << 20)
    let before = Processes.peakKiB
    let order = WorkOrder.sample(
      .run(argv: ["head", "-c", "\(1 << 30)", "/dev/zero"]), limits: limits)
    let (lines, result) = try await ExecutorContract.run(bench.executor, order)
    #expect(result == .succeeded(outputs: [:], exitCode: 0))
    #expect(lines.filter { $0.stream == .out }.reduce(0) { $0 + $1.bytes.count } < 2 << 20)
    let dropped = (1 << 30) - (1 << 20)
    #expect(lines.texts(.system).last == "\(dropped) bytes of output were dropped")
    #expect(Processes.peakKiB - before < 64 << 10, "KiB more than before")
  }

  @Test func `a huge line comes in parts, and bytes come as they are`() async throws {
    let bench = try ProcessBench()
    let text = "head -c 1000000 /dev/zero | tr '\\0' x; printf '\\n\\377\\000\\376\\n' >&2"
    let (lines, _) = try await ExecutorContract.run(bench.executor, .shell(text))
    let parts = lines.filter { $0.stream == .out }
    #expect(parts.count == 16)
    #expect(parts.allSatisfy { $0.bytes.count <= (64 << 10) + 32 })
    #expect(lines.filter { $0.stream == .error }.map(\.bytes) == [[], [255, 0, 254]])
  }

  /// Goal: no process outlives its worker, however that ends.
  /// Method: a process of our own starts trees at all levels and kills itself with SIGKILL; then no
  /// process has its mark.
  @Test func `nothing survives a worker that was killed`() async throws {
    await #expect(processExitsWith: .signal(SIGKILL)) {
      let mark = "98\(getppid())"
      for level in levels {
        let bench = try ProcessBench(
          level: level, in: "/tmp/millrace-executors-\(mark)-\(level)")
        let text = "setsid sleep \(mark) & (setsid sleep \(mark) &) ; echo here; sleep \(mark)"
        let execution = try await bench.executor.start(.shell(text))
        _ = await execution.nextOutput()
        await Doomed.shared.keep(bench, execution)
      }
      let haveStarted = await (try Surroundings()).waits { Processes.with(mark).count >= 9 }
      guard haveStarted else { exit(1) }
      kill(getpid(), SIGKILL)
    }
    let surroundings = try Surroundings()
    #expect(await surroundings.waits { Processes.with("98\(getpid())").isEmpty })
    for level in levels { ProcessBench.removeAll("/tmp/millrace-executors-98\(getpid())-\(level)") }
  }
}

/// Keeps objects alive until their process dies.
private actor Doomed {
  static let shared = Doomed()
  private var kept: [(ProcessBench, any Execution)] = []

  func keep(_ bench: ProcessBench, _ execution: any Execution) {
    kept.append((bench, execution))
  }
}
