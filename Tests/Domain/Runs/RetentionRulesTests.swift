import Domain
import Testing

@Suite struct RetentionRulesTests {
  private static func days(_ count: Int64) -> Duration { .seconds(count * 24 * 3_600) }

  @Test func `what is said for a namespace counts there, what is said for all elsewhere`() throws {
    let build = NamespaceName(unchecked: "build")
    let other = NamespaceName(unchecked: "other")
    #expect(RetentionRules().length(for: build) == Self.days(90))
    let rules = try #require(RetentionRules(["30d", "build=8d", "build=400d"]))
    #expect(rules.length(for: build) == Self.days(400))
    #expect(rules.length(for: other) == Self.days(30))
    #expect(RetentionRules([]) == RetentionRules())
  }

  @Test(arguments: ["", "7d", "build=7d", "191h", "90", "-90d", "=90d", "a b=90d", "build=", "d"])
  func `what says not how long is none`(_ text: String) {
    #expect(RetentionRules([text]) == nil)
  }
}
