import Testing

@testable import ServiceKit

struct EntityMatchTests {
  @Test(
    arguments: [
      ("\"v1\"", "v1", true), ("\"v1\"", "v2", false), ("\"v1\"", nil, false), ("*", "v1", true),
      ("*", nil, false), ("\"v1\", \"v2\"", "v2", true), ("\"v1\",\t*", "v9", true),
      ("W/\"v1\"", "v1", false), ("W/\"v1\", \"v1\"", "v1", true), ("v1", "v1", true),
      ("\"v1", "v1", false), ("\"", "\"", true), ("", "", false), ("\"\"", "", true),
      ("\"V1\"", "v1", false), (",,", "v1", false),
    ] as [(String, String?, Bool)])
  func `a field lets through what it names`(field: String, tag: String?, isAllowed: Bool) {
    #expect(EntityMatch(field).allows(tag) == isAllowed)
  }
}
