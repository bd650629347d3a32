import Domain
import Testing

@testable import millrace

struct WatchScreenTests {
  private func task(_ name: String, _ state: String, why: String = "") -> Value {
    var members: SortedMap<String, Value> = ["task": .string(name), "state": .string(state)]
    if !why.isEmpty { members["reason"] = .object(["message": .string(why)]) }
    return .object(members)
  }

  private func lines(_ tasks: [Value], width: Int = 80, height: Int = 24, color: Bool = false)
    throws -> [String]
  {
    let environment = ProcessEnvironment(
      variables: [:], isOutputTerminal: color, isErrorTerminal: color)
    let verb = try #require(RunVerbs.all.first)
    let call = Call(verb, operands: [], values: [], environment: environment)
    return WatchScreen(tasks: tasks, notice: "", style: Style(call, isTerminal: color))
      .lines(width: width, height: height, now: .start)
  }

  @Test func `what runs or has failed is shown before what waits or has succeeded`() throws {
    let tasks =
      [task("fan", "running")]
      + (0..<100).map { task("fan[\($0)]", $0 < 60 ? "succeeded" : "ready") }
      + [task("fan[100]", "running"), task("fan[101]", "failed"), task("last", "waiting")]
    let lines = try lines(tasks, height: 9)
    #expect(lines.map { $0.prefix { $0 != " " || false } }.count == 7)
    #expect(lines[1].hasPrefix("fan "))
    #expect(lines[1].hasSuffix("61/102 ended"))
    #expect(lines.contains { $0.hasPrefix("  fan[100]") })
    #expect(lines.contains { $0.hasPrefix("  fan[101]") })
    #expect(lines.contains { $0.hasPrefix("last") })
    #expect(lines.last == "… and 99 more; 61/104 ended")
  }

  @Test func `instances are counted, not spelled`() throws {
    let tasks = ["a", "a[10]", "a[9]", "a[1]"].map { task($0, "ready") }
    let names = try lines(tasks).dropFirst().map { $0.split(separator: " ")[0] }
    #expect(names == ["a", "a[1]", "a[9]", "a[10]"])
  }

  @Test(arguments: [1, 2, 20, 40, 79], [false, true])
  func `lines are cut to the width, colours or not`(_ width: Int, _ color: Bool) throws {
    let long = String(repeating: "long-name-", count: 9)
    let tasks = [task(long, "failed", why: "日本語の説明 " + long), task("b", "running")]
    for line in try lines(tasks, width: width, color: color) {
      #expect(Columns.width(line) <= width)
      if line.contains("\u{1b}[3") { #expect(line.contains("\u{1b}[0m")) }
    }
  }
}
