import Domain
import Testing

@Suite struct IdentifierTests {
  private static let run = RunID(SortableID(high: 1, low: 2))

  @Test func `a prefixed id reads back from its text alone`() {
    let text = IdentifierTests.run.text
    #expect(text == "run_0000000000000g000000000002")
    #expect(RunID(text: text) == IdentifierTests.run)
    #expect(SessionID(text: text) == nil)
    #expect(RunID(text: text.dropFirst(4)) == nil)
    #expect(RunID(text: "run_" + text) == nil)
    #expect(RunID(text: "RUN_" + text.dropFirst(4)) == nil)
  }

  /// The mark joins the underscore to one character, and used to be dropped with it.
  @Test func `a combining mark after the prefix is not overlooked`() {
    #expect(RunID(text: "run_\u{301}" + IdentifierTests.run.id.text) == nil)
  }

  @Test(arguments: [("test", nil), ("test", 0), ("a-b_c", 99_999)] as [(String, Int?)])
  func `a task key reads back from its text`(name: String, index: Int?) throws {
    let key = TaskKey(try #require(TaskName(name)), index: index)
    #expect(TaskKey(text: key.description) == key)
  }

  @Test(arguments: [
    "", "Test", "test[", "test[]", "test[-1]", "test[+1]", "test[01]", "test[1", "test[1]x",
    "test[1]]", "test[a]", "[1]", "test[99999999999999999999]", "test[1] ", "test[1][2]",
  ])
  func `a malformed task key is refused`(text: String) {
    #expect(TaskKey(text: text) == nil)
  }

  @Test func `task keys sort by name, then by place as a number`() throws {
    let keys = ["a", "a[0]", "a[2]", "a[10]", "b", "b[1]"]
    let parsed = keys.compactMap { TaskKey(text: $0) }
    #expect(parsed.reversed().sorted().map(\.description) == keys)
  }

  @Test func `an attempt reads back from its text`() throws {
    let task = try #require(TaskKey(text: "build[3]"))
    let attempt = AttemptID(run: IdentifierTests.run, task: task, fence: Fence(2))
    #expect(attempt.description == "run_0000000000000g000000000002/build[3]/2")
    #expect(AttemptID(text: attempt.description) == attempt)
    #expect(Fence(2).next == Fence(3) && Fence(2) < Fence(10))
  }

  @Test(arguments: ["/0", "/-1", "/01", "/+1", "/", "", "/1/1", "/1 ", "/99999999999999999999"])
  func `a malformed attempt is refused`(end: String) {
    #expect(AttemptID(text: "run_0000000000000g000000000002/build" + end) == nil)
  }

  @Test func `attempts sort by run, task and fence`() throws {
    let texts = ["build/1", "build/2", "build/10", "build[1]/1", "test/1"]
    let attempts = texts.compactMap { AttemptID(text: "\(IdentifierTests.run)/" + $0) }
    #expect(attempts.count == texts.count)
    #expect(Array(attempts.reversed()).sorted() == attempts)
  }

  @Test(arguments: ["a", "a1", "a-b", "a_b", "a--b", String(repeating: "x", count: 63)])
  func `a slug is a name`(text: String) {
    #expect(TaskName(text)?.text == text)
  }

  @Test(arguments: [
    "", "1a", "-a", "a-", "a_", "_", "A", "aB", "a b", "a.b", "é", "a\u{301}", "a/b", "a\n",
    String(repeating: "x", count: 64),
  ])
  func `anything else is not`(text: String) {
    #expect(NamespaceName(text) == nil)
  }
}
