import Domain
import Foundation
import Glibc
import Testing

@testable import millrace

/// `run watch` by the real command: piped, on a terminal, and when the server goes.
@Suite(.serialized) struct RunWatchTests {
  private static let many = """
    version: 1
    id: many
    tasks:
      fan: {forEach: "${{ range(100) }}", run: ["true"]}
      after: {needs: [fan], run: ["true"]}

    """

  @Test func `changes are told in the order in which they happened`() async throws {
    let dev = try await DevProcess.start()
    let watch = try await dev.call("run", "start", "-", "--watch", input: RunWatchTests.many).run()
    #expect(watch.code == 0)
    let run = try Value(json: try await dev.run("run", "get", "@last", "-o", "json").out)
    var ends: [String: String] = [:]
    for task in run["taskList"]?.items ?? [] {
      ends[task["task"]?.string ?? ""] = task["attempts"]?.items.last?["endedAt"]?.string
    }
    #expect(ends.count == 101)
    let told = watch.err.split(separator: "\n").filter { $0.contains(" succeeded after ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
    #expect(Set(told) == Set(ends.keys))
    let times = told.map { ends[$0] ?? "" }
    // A look may miss what ended just before it; then the next look tells it. Within one look, and
    // nearly everywhere, time only grows.
    let steps = zip(times, times.dropFirst()).filter { $0 > $1 }
    #expect(steps.count <= 5, "\(steps)")
    let lines = watch.err.split(separator: "\n")
    let fan = try #require(lines.lastIndex { $0.hasPrefix("fan succeeded") })
    #expect(!lines[fan...].contains { $0.hasPrefix("fan[") })
    #expect(await dev.stop() == 0)
  }

  @Test func `a watch outlives its server and goes on with the next one`() async throws {
    let files = try Folder()
    let data = ["--data", "\(files.path)/data"]
    let dev = try await DevProcess.start(data)
    let go = "\(files.path)/go"
    let yaml = Sample.waiting(for: go)
    #expect(try await dev.call("run", "start", "-", input: yaml).run().code == 0)
    let seen = try Folder()
    let watch = try await dev.call("run", "watch", "@last").start(seen)
    #expect(try await eventually { seen.read("err").contains("a running") })
    dev.child.send(SIGKILL)
    _ = await dev.child.ended()
    #expect(try await eventually { seen.read("err").contains("trying again") })
    let next = try await DevProcess.start(data, port: dev.port, in: dev.files)
    try files.write("go", "")
    #expect(await watch.ended() == 0, "\(seen.read("err"))")
    #expect(seen.read("err").contains("✓ succeeded"))
    #expect(await next.stop() == 0)
  }

  @Test func `a watch gives up on a server that does not come back, and says how to go on`()
    async throws
  {
    let dev = try await DevProcess.start()
    #expect(try await dev.call("run", "start", "-", input: Sample.slow).run().code == 0)
    let seen = try Folder()
    let watch = try await dev.call("run", "watch", "@last").start(seen)
    #expect(try await eventually { seen.read("err").contains("a running") })
    dev.child.send(SIGKILL)
    #expect(await watch.ended() == 69)
    #expect(seen.read("err").contains("error: \(dev.url) cannot be reached"))
    #expect(seen.read("err").contains("fix: the run is as the server left it"))
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script"), "no script"))
  func `on a terminal no line is wider and no tree higher than the terminal`() async throws {
    let dev = try await DevProcess.start()
    let seen = try Folder()
    try seen.write("many.yaml", RunWatchTests.many)
    let command = "stty cols 50 rows 12; \(Command.program) run start many.yaml --watch"
    let child = try await Child.start(
      ["/usr/bin/script", "-qec", command, "\(seen.path)/screen"],
      ["PATH": "/usr/bin:/bin", "XDG_CONFIG_HOME": dev.files.path, "TERM": "xterm"],
      in: seen.path, seen)
    #expect(await child.ended() == 0)
    let screen = seen.read("screen")
    let draws = screen.components(separatedBy: "\r\u{1b}[J")
    #expect(draws.count > 2)
    for draw in draws.dropLast() {
      let lines = draw.components(separatedBy: "\r\n").dropLast().filter { !$0.contains("Script") }
      #expect(lines.count <= 12)
      for line in lines where !line.hasPrefix("started") {
        #expect(Columns.width(line) <= 50, "\(line)")
      }
    }
    #expect(screen.contains("102/102 ended"))
    #expect(await dev.stop() == 0)
  }
}
