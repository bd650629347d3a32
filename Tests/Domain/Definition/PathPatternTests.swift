import Domain
import Testing

struct PathPatternTests {
  @Test(arguments: [
    ("out/app", "out/app", true), ("out/app", "out/apps", false), ("out", "out/a/b", true),
    ("out/", "out/a", true), ("./out", "out/a", true), (".", "a/b", true), ("**", "a", true),
    ("*.txt", "a.txt", true), ("*.txt", "b/a.txt", false), ("**/*.txt", "a.txt", true),
    ("**/*.txt", "x/y/a.txt", true), ("**/*.txt", "x/y/a.md", false),
    ("reports/**", "reports/a/b.xml", true), ("reports/**", "report/a", false),
    ("reports/**/x", "reports/x", true), ("a/**/b/**/c", "a/1/2/b/c", true),
    ("a/**/b/**/c", "a/1/2/c", false), ("?.t?t", "a.txt", true), ("?.t?t", "ab.txt", false),
    ("*", ".hidden", true), ("a*b*c", "aXbYc", true), ("a*b*c", "aXbY", false), ("é?", "éx", true),
    ("[a]", "a", false), ("[a]", "[a]", true),
  ])
  func `a pattern takes the files it means`(pattern: String, path: String, isTaken: Bool) throws {
    #expect(try #require(PathPattern(pattern)).takes(path) == isTaken, "\(pattern) and \(path)")
  }

  @Test(arguments: ["", "/etc", "../a", "a/../b", "a\u{0}", String(repeating: "a/", count: 33)])
  func `what leads elsewhere or is too long is no pattern`(text: String) {
    #expect(PathPattern(text) == nil)
  }

  @Test func `files are named from where the pattern begins to be one`() throws {
    for (pattern, path, relative) in [
      ("reports/**", "reports/unit/a.xml", "unit/a.xml"), ("out/app", "out/app", "app"),
      ("*.txt", "a.txt", "a.txt"), ("a/b*/c", "a/bc/c", "bc/c"), ("out", "out/a/b", "out/a/b"),
    ] {
      #expect(try #require(PathPattern(pattern)).relative(path) == relative)
    }
  }

  /// Goal: nobody makes it slow. Method: the worst patterns on the worst names.
  @Test func `hostile patterns cost little`() throws {
    let stars = try #require(PathPattern(String(repeating: "*a", count: 500)))
    #expect(!stars.takes(String(repeating: "a", count: 490) + "b"))
    let folders = try #require(PathPattern(String(repeating: "**/", count: 31) + "x"))
    #expect(!folders.takes(String(repeating: "a/", count: 500) + "b"))
  }
}
