import Foundation
import Glibc
import Testing

@testable import millrace

/// What can go wrong around `millrace dev`: each says what, why and how to fix it, loses nothing
/// and leaves no process.
@Suite(.serialized) struct StartFailureTests {
  private func refused(
    _ options: [String], says words: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let ending = try await Command(arguments: ["dev", "--port", "0"] + options).run()
    #expect(ending.code == 1, sourceLocation: sourceLocation)
    #expect(ending.out == "", sourceLocation: sourceLocation)
    for word in words + ["error: ", "fix: "] {
      #expect(ending.err.contains(word), "\(ending.err)", sourceLocation: sourceLocation)
    }
  }

  @Test func `a port that is in use is named, and a free one offered`() async throws {
    let dev = try await DevProcess.start()
    let ending = try await Command(
      arguments: ["dev", "--port", dev.port], environment: ["XDG_CONFIG_HOME": dev.files.path]
    ).run()
    #expect(ending.code == 1)
    #expect(ending.err.contains("127.0.0.1:\(dev.port) is in use by another program"))
    #expect(ending.err.contains("fix: --port 0 picks a free port"))
    // The one that runs is still the one that the client finds.
    #expect(try await dev.run("run", "start", "hello", "--wait").code == 0)
    #expect(await dev.stop() == 0)
  }

  @Test func `an address that is not of this machine is named`() async throws {
    try await refused(["--host", "192.0.2.1"], says: ["cannot listen", "192.0.2.1", "--host"])
    try await refused(["--host", "name.invalid"], says: ["cannot listen", "name.invalid"])
  }

  @Test func `a folder that another process uses is left to it`() async throws {
    let files = try Folder()
    let dev = try await DevProcess.start(["--data", "\(files.path)/data"])
    try await refused(
      ["--data", "\(files.path)/data"],
      says: ["data is in use by another millrace process (process \(dev.child.pid))"])
    #expect(try await dev.run("run", "start", "hello", "--wait").code == 0)
    #expect(await dev.stop() == 0)
  }

  @Test func `a damaged store is named and left as it is`() async throws {
    let files = try Folder()
    let store = try files.write("data/millrace.db", String(repeating: "no database. ", count: 999))
    let before = try Foundation.Data(contentsOf: URL(filePath: store))
    try await refused(
      ["--data", "\(files.path)/data"], says: ["millrace.db is damaged", "from a backup"])
    #expect(try Foundation.Data(contentsOf: URL(filePath: store)) == before)
  }

  @Test func `a folder that cannot be made is named`() async throws {
    let files = try Folder()
    try files.write("file", "")
    try await refused(
      ["--data", "\(files.path)/file/data"], says: ["file/data", "Not a directory"])
  }

  /// Goal: without room a start says so, and runs that were taken in are finished with room again.
  @Test(.enabled(if: getuid() == 0, "mounting needs root"))
  func `a full disk is named, loses nothing and is recovered from`() async throws {
    let files = try Folder()
    let data = "\(files.path)/data"
    mkdir(data, 0o700)
    guard mount("tmpfs", data, "tmpfs", 0, "size=1m") == 0 else {
      try Test.cancel("this system does not allow mounting")
    }
    defer { umount2(data, Int32(MNT_DETACH)) }
    try #require(filled(data))
    let refusal = try await Command(arguments: ["dev", "--port", "0", "--data", data]).run()
    #expect(refusal.code == 1)
    #expect(refusal.err.contains("error: "))
    #expect(refusal.err.contains("fix: "))
    unlink("\(data)/filler")

    guard mount("tmpfs", data, "tmpfs", UInt(MS_REMOUNT), "size=8m") == 0 else {
      throw CommandFailure(what: "remount: \(errno)")
    }
    let dev = try await DevProcess.start(["--data", data])
    #expect(try await dev.run("run", "start", "hello", "--wait").code == 0)
    try #require(filled(data))
    let full = try await dev.run("run", "start", "hello", "--wait", "--timeout", "2s")
    #expect(full.code != 0, "a run was finished without room")
    #expect(full.err.contains("error: ") || full.code == 8, "\(full.err)")
    unlink("\(data)/filler")
    #expect(try await dev.run("run", "start", "hello", "--wait", "--timeout", "30s").code == 0)
    let runs = try await dev.run("run", "list", "-o", "name").out.split(separator: "\n")
    for run in runs { #expect(try await dev.run("run", "watch", "\(run)", "-q").code == 0) }
    #expect(await dev.stop() == 0)
  }

  /// Takes all the room that there is.
  private func filled(_ folder: String) -> Bool {
    let file = open("\(folder)/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { return false }
    defer { close(file) }
    for size in [65_536, 4_096, 1] {
      let bytes = [UInt8](repeating: 1, count: size)
      while write(file, bytes, size) == size {}
    }
    return errno == ENOSPC
  }

  @Test func `SIGTERM lets tasks end and exits with 0`() async throws {
    let files = try Folder()
    let dev = try await DevProcess.start(["--data", "\(files.path)/data"])
    let yaml = Sample.waiting(for: "\(files.path)/go")
    #expect(try await dev.call("run", "start", "-", input: yaml).run().code == 0)
    #expect(
      try await eventually { try await dev.run("run", "get", "@last").out.contains("▶ running  1") }
    )
    dev.child.send(SIGTERM)
    try files.write("go", "")
    #expect(await dev.child.ended() == 0)
    let again = try await DevProcess.start(["--data", "\(files.path)/data"])
    #expect(try await again.run("run", "watch", "@last").code == 0)
    let attempts =
      try await again.run("run", "get", "@last", "-o", "json").out
      .components(separatedBy: "\"attempt\":").count - 1
    #expect(attempts == 1, "the task was run again although it was let end")
    #expect(await again.stop() == 0)
  }

  @Test func `a second SIGTERM stops at once, and no process of a task is left`() async throws {
    let dev = try await DevProcess.start()
    let mark = "61\(dev.child.pid)"
    let yaml = "version: 1\nid: long\ntasks: {a: {run: [sleep, \"\(mark)\"]}}\n"
    #expect(try await dev.call("run", "start", "-", input: yaml).run().code == 0)
    #expect(try await eventually { Processes.with(mark) == 1 })
    dev.child.send(SIGTERM)
    dev.child.send(SIGINT)
    #expect(await dev.child.ended() == 0)
    #expect(try await eventually { Processes.with(mark) == 0 })
  }

  /// Goal: a process that was killed leaves its folder only until the next start.
  @Test func `a start removes what a killed process has left, and a stop its own`() async throws {
    let folder = "/tmp/millrace-\(getuid())"
    @Sendable func left(by pid: pid_t) -> [String] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return names.filter { $0.hasPrefix("worker-\(pid)-") }
    }
    let killed = try await DevProcess.start()
    #expect(!left(by: killed.child.pid).isEmpty)
    killed.child.send(SIGKILL)
    #expect(await killed.child.ended() == 128 + SIGKILL)
    let next = try await DevProcess.start()
    #expect(try await eventually { left(by: killed.child.pid).isEmpty })
    #expect(!left(by: next.child.pid).isEmpty)
    #expect(await next.stop() == 0)
    #expect(left(by: next.child.pid).isEmpty)
  }

  @Test func `the file with the token is for its owner alone, and goes with its server`()
    async throws
  {
    let dev = try await DevProcess.start()
    let file = "\(dev.files.path)/millrace/dev.json"
    var facts = stat()
    #expect(stat(file, &facts) == 0)
    #expect(facts.st_mode & 0o777 == 0o600)
    chmod(file, 0o644)
    let exposed = try await dev.run("run", "list")
    #expect(exposed.code == 4)
    #expect(exposed.err.contains("fix: chmod 600 \(file)"))
    chmod(file, 0o600)
    #expect(try await dev.run("run", "list").code == 0)
    #expect(await dev.stop() == 0)
    #expect(access(file, F_OK) != 0)
  }

  @Test func `a token file is checked before it is used`() async throws {
    let files = try Folder()
    func code(_ text: String, mode: mode_t = 0o600) async throws -> (Int32, String) {
      let file = try files.write("token", text, mode: mode)
      let ending = try await Command(
        arguments: ["run", "list", "--url", "http://127.0.0.1:9", "--token-file", file]
      ).run()
      return (ending.code, ending.err)
    }
    #expect(try await code("mr_dev_0\n").0 == 69)
    for (text, mode, word) in [
      ("mr_dev_0\n", 0o644, "chmod 600"), ("", 0o600, "holds no token"),
      ("one\ntwo\n", 0o600, "holds no token"), ("a b", 0o600, "holds no token"),
    ] as [(String, mode_t, String)] {
      let (code, err) = try await code(text, mode: mode)
      #expect(code == 4)
      #expect(err.contains(word), "\(err)")
    }
    let broken = try files.write("millrace/dev.json", "{\"url\": 1}")
    let ending = try await Command(
      arguments: ["run", "list"], environment: ["XDG_CONFIG_HOME": files.path]
    ).run()
    #expect(ending.code == 1)
    #expect(ending.err.contains("\(broken) does not say where the server is"))
  }

  @Test func `files that cannot be read are named`() async throws {
    let files = try Folder()
    for verb in [["validate"], ["graph"], ["fmt"]] {
      let missing = try await Command(arguments: verb + ["\(files.path)/none.yaml"]).run()
      #expect(missing.code == 5)
      #expect(missing.err.contains("none.yaml cannot be read: No such file or directory"))
      let folder = try await Command(arguments: verb + [files.path]).run()
      #expect(folder.code == 1)
      #expect(folder.err.contains("cannot be read: Is a directory"))
    }
  }
}

/// The processes whose command line has a word.
enum Processes {
  static func with(_ word: String) -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.filter { name in
      guard Int(name) != nil,
        let line = try? String(contentsOfFile: "/proc/\(name)/cmdline", encoding: .utf8)
      else { return false }
      return line.split(separator: "\0").contains(Substring(word))
    }.count
  }
}
