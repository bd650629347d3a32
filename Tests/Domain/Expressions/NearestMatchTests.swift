import Domain
import Testing

@Suite struct NearestMatchTests {
  @Test(arguments: [
    ("inptus", "inputs"), ("Inputs", "inputs"), ("needs_", "needs"), ("timeuot", "timeout"),
    ("forech", "forEach"), ("retryy", "retry"), ("runs", "run"),
  ])
  func `a slip of the finger is recognised`(name: String, meant: String) {
    let known = ["forEach", "inputs", "needs", "retry", "run", "script", "timeout"]
    #expect(NearestMatch.of(name, among: known) == meant)
  }

  @Test func `a name that resembles none has no match`() {
    #expect(NearestMatch.of("xyz", among: ["inputs", "run"]) == nil)
    #expect(NearestMatch.of("", among: ["inputs"]) == nil)
    #expect(NearestMatch.of("a", among: []) == nil)
  }

  @Test func `the first of equally near names wins`() {
    #expect(NearestMatch.of("tesk", among: ["task", "test", "desk"]) == "task")
  }

  @Test func `only the first thousand candidates are looked at`() {
    let far = (0..<NearestMatch.candidatesMax).map { "candidate-\($0)" }
    #expect(NearestMatch.of("tesk", among: far.dropLast() + ["test"]) == "test")
    #expect(NearestMatch.of("tesk", among: far + ["test"]) == nil)
  }
}
