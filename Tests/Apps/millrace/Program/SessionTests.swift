import Foundation
import Testing

/// Every list and every look at a thing, in every form, against a real server.
@Suite struct SessionTests {
  @Test func `what a user sees of runs and definitions is what was reviewed`() async throws {
    let dev = try await DevProcess.start()
    var text = ""
    func show(_ call: String, input: String = "") async throws {
      let words = call.split(separator: " ").map(String.init)
      let ending = try await Command(
        arguments: words, environment: ["XDG_CONFIG_HOME": dev.files.path],
        input: Array(input.utf8)
      ).run()
      text += "$ millrace \(call)\n\(Golden.steady(ending.out))"
      if !ending.err.isEmpty { text += "stderr:\n\(Golden.steady(ending.err))" }
      text += "-> \(ending.code)\n\n"
    }
    try await show("workflow apply -", input: Sample.fails)
    try await show("run start hello -i who=Ada --label team=pay --wait")
    try await show("run start fails --wait --output name")
    let things = [
      "workflow list", "workflow get hello", "workflow versions hello", "run list", "run get @last",
      "run explain @last",
    ]
    for thing in things {
      for form in ["table", "json", "jsonl", "yaml", "name"] {
        try await show("\(thing) -o \(form)")
      }
    }
    for call in [
      "run list --limit 1 -q", "run list --state failed",
      "run list --workflow hello --label team=pay",
      "workflow get hello --source", "task logs @last a", "run logs @last", "workflow delete fails",
      "workflow get fails", "run list --state odd", "run list --cursor odd", "run list --since odd",
    ] {
      try await show(call)
    }
    #expect(await dev.stop() == 0)
    try Golden.expect(text, is: "session.txt")
  }

  @Test func `what the README shows is what its workflow gives`() async throws {
    let readme = try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../README.md"), encoding: .utf8)
    func block(_ kind: String) throws -> String {
      let rest = try #require(readme.components(separatedBy: "```\(kind)\n").dropFirst().first)
      return rest.components(separatedBy: "```")[0]
    }
    let dev = try await DevProcess.start()
    let start = dev.call("run", "start", "-", "--watch", input: try block("yaml"))
    #expect(try await start.run().code == 0)
    let shown = try await dev.run("run", "get", "@last").out
    #expect(Golden.steady(shown) == Golden.steady(try block("text")))
    #expect(await dev.stop() == 0)
  }
}
