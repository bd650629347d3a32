import Domain
import Testing
import WorkflowCore

struct RunLabelsTests {
  private func labels(_ count: Int) -> SortedMap<String, String> {
    SortedMap((0..<count).map { ("k\($0)", "v") })
  }

  @Test(arguments: [(0, true), (31, true), (32, true), (33, false), (1_000, false)])
  func `there are as many labels as there may be`(count: Int, isGood: Bool) {
    #expect((RunLabels.fault(in: labels(count)) == nil) == isGood)
  }

  @Test(arguments: [
    ("a", true), ("team-a_1", true), ("", false), ("A", false), ("1a", false), ("a-", false),
    ("ä", false), ("a b", false), ("a.b", false), ("a\u{0}", false),
    (String(repeating: "a", count: 63), true), (String(repeating: "a", count: 64), false),
  ])
  func `a key is a name`(key: String, isGood: Bool) {
    #expect((RunLabels.fault(in: [key: "v"]) == nil) == isGood)
  }

  @Test(arguments: [
    (String(repeating: "x", count: 254), true), (String(repeating: "x", count: 255), true),
    (String(repeating: "x", count: 256), false), (String(repeating: "ä", count: 127), true),
    (String(repeating: "ä", count: 128), false), ("", true), ("\n\u{7f}", true), ("a\u{0}b", false),
  ])
  func `a value is a text of bounded length`(value: String, isGood: Bool) {
    #expect((RunLabels.fault(in: ["k": value]) == nil) == isGood)
  }

  @Test func `a fault names the label and stays short`() {
    let fault = RunLabels.fault(in: [String(repeating: "Z", count: 10_000): "v"])
    #expect((fault?.utf8.count ?? .max) < 300)
    #expect(RunLabels.fault(in: ["team": "\u{0}"])?.contains("'team'") == true)
  }
}
