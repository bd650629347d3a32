import Domain
import Glibc
import Ports
import TestSupport
import Testing

@testable import ExecutorsAdapter

@Suite(.timeLimit(.minutes(2)))
struct AttemptFolderTests {
  private func pattern(_ text: String) throws -> PathPattern { try #require(PathPattern(text)) }

  @Test func `work finds what was brought, and what it leaves can be taken out`() async throws {
    let bench = try ProcessBench()
    let order = WorkOrder.shell(
      """
      cat in/data; ./in/tool; mkdir -p out/deep
      printf abc >out/deep/a.txt; printf x >out/b; exit 3
      """
    )
    let folder = try await bench.executor.folder(for: order)
    try await folder.write("in/data", Array("one ".utf8), at: 0)
    try await folder.write("in/data", Array("two\n".utf8), at: 4)
    try await folder.write("in/tool", Array("#!/bin/sh\necho tool\n".utf8), at: 0)
    let (lines, result) = try await ExecutorContract.run(bench.executor, order)
    #expect(lines.texts() == ["one two", "tool"])
    guard case .failed(3, _) = result else {
      Issue.record("\(result)")
      return
    }
    let found = try await folder.find(try pattern("out"), filesMax: 10)
    #expect(found.files.map(\.path) == ["out/b", "out/deep/a.txt"])
    #expect(found.files.map(\.size) == [1, 3])
    #expect(!found.isTruncated)
    #expect(try await folder.read("out/deep/a.txt", 1..<10) == Array("bc".utf8))
    #expect(try await folder.find(try pattern("**"), filesMax: 2).isTruncated)
    await folder.remove()
    await folder.remove()
    #expect(bench.files == [])
  }

  /// Goal: a task cannot have the worker read or write anything outside of its folder.
  @Test func `links lead nowhere`() async throws {
    let bench = try ProcessBench()
    let order = WorkOrder.shell(
      """
      ln -s /etc/passwd out; ln -s /etc dir; ln -s /etc/passwd in; mkdir real; mkfifo real/pipe
      ln -s /etc real/dir; printf x >real/file; printf '\\377' >"real/$(printf '\\377')"
      """)
    let folder = try await bench.executor.folder(for: order)
    _ = try await ExecutorContract.run(bench.executor, order)
    #expect(
      try await folder.find(try pattern("**"), filesMax: 10).files.map(\.path) == ["real/file"])
    for path in [
      "out", "dir/passwd", "real/dir/passwd", "real/pipe", "../x", "/etc/passwd", "", "a/../b",
    ] {
      await #expect(throws: WorkFolderError.self, "\(path)") { try await folder.read(path, 0..<1) }
    }
    for path in ["in", "dir/x", "real/dir/x", "real/file", "../x", "/tmp/x"] {
      await #expect(throws: WorkFolderError.self, "\(path)") {
        try await folder.write(path, [1], at: 0)
      }
    }
    await folder.remove()
    #expect(bench.files == [])
  }

  @Test func `a folder whose work never starts goes as well`() async throws {
    let bench = try ProcessBench()
    let order = WorkOrder.sample(.run(argv: ["no-such-program"]))
    let folder = try await bench.executor.folder(for: order)
    let (_, result) = try await ExecutorContract.run(bench.executor, order)
    guard case .failed(127, _) = result else {
      Issue.record("\(result)")
      return
    }
    await folder.remove()
    #expect(bench.files == [])
  }

  @Test func `work without a folder says so`() async throws {
    let surroundings = try Surroundings()
    let functions = FunctionExecutor(time: surroundings.time, spawner: surroundings.spawner)
    await #expect(throws: ExecutorError.self) {
      try await functions.folder(for: .sample(.call(function: "echo", arguments: [:])))
    }
  }
}
