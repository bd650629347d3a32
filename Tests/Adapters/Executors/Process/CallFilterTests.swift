import Domain
import Ports
import TestSupport
import Testing

@testable import ExecutorsAdapter

/// System calls that programs of tasks have no need of.
@Suite(.timeLimit(.minutes(1)))
struct CallFilterTests {
  private static let text = """
    unshare -U true 2>/dev/null || echo no namespace of users
    unshare -m true 2>/dev/null || echo no namespace of mounts
    perl -e 'print syscall(101, 0, 0, 0, 0) == 0 ? "traced\\n" : "not traced\\n"'
    perl -e 'use threads; threads->create(sub { print "a thread\\n" })->join' | cat
    """

  @Test(arguments: levels)
  func `calls that reach past a program fail, and ordinary work goes on`(
    _ level: Int32
  ) async throws {
    let bench = try ProcessBench(level: level)
    #expect(bench.executor.isFiltering)
    #expect(bench.executor.level == bench.executor.containment.rawValue + "+filter")
    let (lines, result) = try await ExecutorContract.run(bench.executor, .shell(Self.text))
    #expect(
      lines.texts() == [
        "no namespace of users", "no namespace of mounts", "not traced", "a thread",
      ])
    #expect(result == .succeeded(outputs: [:], exitCode: 0))
    SecurityTest.sandbox.report("3 system calls at level \(level), 0 carried out")
  }

  /// Goal: what the test above sees is the filter's doing.
  @Test func `without the filter a program is traced`() async throws {
    let bench = try ProcessBench(filtersCalls: false)
    #expect(bench.executor.level == bench.executor.containment.rawValue)
    let (lines, _) = try await ExecutorContract.run(bench.executor, .shell(Self.text))
    #expect(lines.texts().contains("traced"))
  }
}
