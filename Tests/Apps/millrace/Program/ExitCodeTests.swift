import Foundation
import Glibc
import Testing

@testable import millrace

/// Each exit code of the documentation, by a real command against a real server.
@Suite(.serialized) struct ExitCodeTests {
  @Test func `every exit code is produced by what it stands for`() async throws {
    let dev = try await DevProcess.start()
    var seen: [Int32] = []
    func expect(
      _ code: Int32, _ ending: Command.Ending, says text: String = "",
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      seen.append(code)
      #expect(ending.code == code, "\(ending.err)", sourceLocation: sourceLocation)
      #expect(
        text.isEmpty || ending.err.contains(text), "\(ending.err)", sourceLocation: sourceLocation)
    }

    expect(0, try await dev.run("run", "start", "hello", "--wait"))
    expect(0, try await dev.run("run", "start", "hello", "--watch"), says: "✓ succeeded")
    let failing = dev.call("run", "start", "-", "--watch", input: Sample.fails)
    expect(1, try await failing.run(), says: "a: exited with code 3 after 1/1 attempts")
    expect(1, try await dev.run("run", "start", "fails", "--wait"))
    expect(2, try await dev.run("run", "list", "--colour"), says: "no option --colour")
    expect(5, try await dev.run("run", "start", "nothing"), says: "fix: `millrace workflow list`")
    expect(5, try await dev.run("run", "get", "run_00000000000000000000000000"), says: "run list")
    expect(
      5, try await dev.run("task", "logs", "@last", "nothing"), says: "task nothing does not exist")
    expect(
      5, try await dev.run("task", "logs", "@last", "a", "--attempt", "9"),
      says: "fix: its attempts are 1")
    expect(6, try await dev.run("run", "cancel", "@last"), says: "has ended")
    expect(7, try await dev.run("run", "start", "hello", "-i", "who=9"), says: "does not match")
    expect(
      7, try await dev.run("run", "start", "hello", "-i", "whom=x"), says: "did you mean 'who'?")
    let broken = dev.call("run", "start", "-", input: "id: b\ntasks: {a: {rum: [a]}}\n")
    expect(7, try await broken.run(), says: "-:2:13: unknown-key: unknown key 'rum' in a task")
    expect(9, try await dev.call("run", "start", "-", "--wait", input: Sample.times).run())

    let slow = dev.call("run", "start", "-", "--watch", "--timeout", "1s", input: Sample.slow)
    expect(8, try await slow.run(), says: "stopped following; the run goes on")
    expect(8, try await dev.run("run", "start", "slow", "--wait", "--timeout", "500ms"))
    expect(0, try await dev.run("run", "cancel", "@last", "--reason", "enough"))
    expect(3, try await dev.run("run", "watch", "@last"), says: "cancelled by admin@local: enough")

    let wrong = Command(
      arguments: ["run", "list"],
      environment: ["MILLRACE_URL": dev.url, "MILLRACE_TOKEN": "mr_dev_wrong"])
    expect(4, try await wrong.run(), says: "fix: sign in")
    expect(4, try await interruptedRun(dev))
    for run in try await dev.run("run", "list", "--state", "running", "-o", "name").out.split(
      separator: "\n")
    {
      #expect(try await dev.run("run", "kill", "\(run)").code == 0)
    }
    #expect(await dev.stop() == 0)
    expect(
      69, try await Command(arguments: ["run", "list", "--url", dev.url]).run(), says: "fix: ")
    expect(69, try await dev.run("run", "list"), says: "no server is known")
    for (code, ending, text) in try await simulated() { expect(code, ending, says: text) }
    // A run that Ctrl-C leaves, and what only bugs of the platform or the simulator bring about.
    seen += [130, 11, 12, 13, 15, 17]
    #expect(Set(seen) == Set(ExitCode.allCases.map(\.rawValue)))
  }

  /// What `sim` ends with, each with what it says.
  private func simulated() async throws -> [(Int32, Command.Ending, String)] {
    let files = try Folder()
    let flow = "\(files.path)/flow.yaml"
    try "id: f\ntasks: {a: {run: [a], retry: {attempts: 5}}}\n".write(
      toFile: flow, atomically: true, encoding: .utf8)
    let words = ["sim", "run", flow, "--from", "1", "--profile", "quiet", "--failures", files.path]
    let twice =
      words + ["--no-shrink", "--seeds", "2", "--task", "a effect=once fails=80 lasts=1s..2s"]
    let long = words + ["--seeds", "900", "--time-limit", "1"]
    return [
      (66, try await Command(arguments: ["sim", "run", "/no/x.yaml"]).run(), "cannot be read"),
      (10, try await Command(arguments: twice).run(), ""),
      (14, try await Command(arguments: long).run(), ""),
    ]
  }

  /// Ctrl-C leaves the run alone, and says so; answers how a call without a token ends.
  private func interruptedRun(_ dev: DevProcess) async throws -> Command.Ending {
    let files = try Folder()
    let start = Command(
      arguments: ["run", "start", "slow", "--watch"],
      environment: ["XDG_CONFIG_HOME": dev.files.path])
    let child = try await start.start(files)
    #expect(try await eventually { files.read("err").contains("a running") })
    child.send(SIGINT)
    #expect(await child.ended() == 130)
    #expect(files.read("err").contains("detached; the run goes on: `millrace run watch run_"))
    #expect(try await dev.run("run", "get", "@last").out.contains("▶ running"))
    #expect(try await dev.run("run", "kill", "@last").code == 0)
    return try await Command(
      arguments: ["run", "list"], environment: ["MILLRACE_URL": dev.url]
    ).run()
  }
}
