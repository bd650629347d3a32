import Foundation
import Testing

@testable import millrace

/// The options of `dev` and `serve` about what tasks may.
@Suite(.timeLimit(.minutes(2)))
struct TaskOptionTests {
  @Test(arguments: [
    (["--task-memory-mib", "15"], "--task-memory-mib takes a whole number from 16 to 16777216"),
    (["--task-file-mib", "0"], "--task-file-mib takes a whole number from 1 to 16777216"),
    (["--task-processes", "many"], "--task-processes takes a whole number from 1 to 4194304"),
    (["--egress-allow", "10.0.0.0/33"], "'10.0.0.0/33' is no range of addresses"),
    (["--egress-allow", "10.0.0.1,"], "'' is no range of addresses"),
    (["--egress-ports", "80-"], "'80-' is no port"),
    (["--notify-retry", "1s,soon"], "'1s,soon' says not how long to wait"),
  ])
  func `a value of no use is refused, as an option and as a variable`(
    _ option: [String], _ words: String
  ) async throws {
    let name = option[0].dropFirst(2).uppercased().replacing("-", with: "_")
    for verb in [["dev", "--port", "0"], ["serve", "worker"]] {
      let given = try await Command(arguments: verb + option).run()
      #expect(given.code == 2, "\(given)")
      #expect(given.err.contains(words), "\(given.err)")
      let set = try await Command(
        arguments: verb, environment: ["MILLRACE_\(name)": option[1]]
      ).run()
      #expect(set.code == 2, "\(set)")
      #expect(set.err.contains(words.split(separator: " takes ").last ?? ""), "\(set.err)")
    }
  }

  @Test(arguments: [
    (["--container-engine", "./podman"], "'./podman' is no program that runs containers"),
    (["--notify-retry", "1ms"], "there cannot be 1ms between two attempts"),
  ])
  func `a setting of no use is refused before anything starts`(
    _ option: [String], _ words: String
  ) async throws {
    let given = try await Command(arguments: ["dev", "--port", "0"] + option).run()
    #expect(given.code == 1, "\(given)")
    #expect(given.err.contains(words), "\(given.err)")
  }

  private static let work = """
    version: 1
    id: work
    tasks:
      hog: {run: [sh, -c, "head -c 3000000 /dev/zero > big"]}
      hidden: {http: {url: "http://10.255.255.1:1/"}}
      boxed: {run: echo here, container: debian}

    """

  /// Goal: what the options say holds for tasks, and a container is never something else.
  @Test func `limits, egress and containers are as the options say`() async throws {
    let dev = try await DevProcess.start(["--task-file-mib", "2"])
    try dev.files.write("work.yaml", Self.work)
    let run = try await dev.run(
      "run", "start", dev.files.path + "/work.yaml", "--wait", "-o", "json")
    #expect(run.code != 0)
    let ids = try await dev.run("run", "list", "-o", "name").out
    let id = ids.split(separator: "\n").first ?? ""
    let shown = try await dev.run("run", "get", String(id), "-o", "json")
    for reason in ["http-destination-refused", "unsupported", "--container-engine", "exit-code"] {
      #expect(shown.out.contains(reason), "\(reason): \(shown.out)")
    }
    #expect(!shown.out.contains("\"succeeded\""), "\(shown.out)")
    #expect(await dev.stop() == 0)
  }
}
