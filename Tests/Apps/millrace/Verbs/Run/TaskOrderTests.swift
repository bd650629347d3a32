import Domain
import Testing

@testable import millrace

struct TaskOrderTests {
  private func task(_ name: String, needs: [String] = [], isFinal: Bool = false) -> Value {
    .object([
      "task": .string(name), "needs": .array(needs.map(Value.string)), "finally": .boolean(isFinal),
    ])
  }

  private func names(_ tasks: [Value]) -> [String] {
    TaskOrder.sorted(tasks).map { $0["task"]?.string ?? "" }
  }

  @Test func `tasks come after what they need, instances below their task, finally last`() {
    let tasks = [
      task("a-cleanup", isFinal: true), task("b-report", needs: ["test"]),
      task("build"), task("test", needs: ["build"]), task("test[0]"), task("test[1]"),
    ]
    #expect(names(tasks) == ["build", "test", "test[0]", "test[1]", "b-report", "a-cleanup"])
  }

  @Test func `no task is lost, whatever the server says about needs`() {
    let tasks = [
      task("a", needs: ["b"]), task("b", needs: ["a"]), task("c", needs: ["unknown"]),
      task("d", needs: ["d"]), .object([:]),
    ]
    #expect(names(tasks) == ["c", "", "a", "b", "d"])
  }
}
