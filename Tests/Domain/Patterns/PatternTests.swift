import Testing

@testable import Domain

@Suite struct PatternTests {
  @Test(arguments: [
    ("", "", true), ("", "a", false), ("abc", "abc", true), ("abc", "abcd", false),
    ("abc", "zabc", false), ("a.c", "axc", true), ("a.c", "a\nc", false), ("a.c", "aéc", true),
    ("^[0-9a-f]{7,40}$", "0a1b2c3", true), ("^[0-9a-f]{7,40}$", "0a1b2c", false),
    ("[0-9a-f]{7,40}", "0a1b2cG", false), ("a|b|", "b", true), ("a|b|", "", true),
    ("(ab|c)*d", "abcabd", true), ("(ab|c)*d", "abcad", false), ("a?b+c*", "bb", true),
    ("a?b+c*", "ac", false), ("(?:a|b){2}", "ba", true), ("(?:a|b){2}", "b", false),
    ("a{2,}", "aaaa", true), ("a{2,}", "a", false), ("a{0}", "", true), ("a{0}", "a", false),
    ("[^a-c]", "d", true), ("[^a-c]", "b", false), ("[^a]", "\n", true), ("[a\\-z]", "-", true),
    ("[a-]", "-", true), ("[-a]", "-", true), ("[a^]", "^", true), ("[\\]]", "]", true),
    ("[\\w-]+", "a_-9", true), ("\\d+", "12", true), ("\\d", "٣", false), ("\\w", "é", false),
    ("\\D\\W\\S", "a b", true), ("\\s+", " \t\r\n", true), ("\\.\\*\\\\", ".*\\", true),
    ("\\n\\t\\r", "\n\t\r", true), ("(^a|b)c$", "ac", true), ("(^a|b)c$", "bc", true),
    ("b^a", "ba", false), ("a$b", "ab", false), ("a$", "a\n", false), ("(a*)*", "aaa", true),
    ("(a*)*b", "aaac", false), ("(|a)+", "aa", true), ("[🙂-🙃]", "🙃", true), ("é", "é", true),
    ("e\u{301}", "\u{e9}", false), ("..", "👍🏽", true), ("[a-c\\d]{3}", "b2c", true),
  ])
  func `a pattern describes the whole text`(source: String, text: String, matches: Bool) throws {
    #expect(try Pattern(source).matches(text) == matches)
  }

  @Test(arguments: [
    ("(a", "pattern-syntax", 0), ("a)", "pattern-syntax", 1), ("*a", "pattern-syntax", 0),
    ("a|+", "pattern-syntax", 2), ("a**", "pattern-syntax", 2), ("a+?", "pattern-unsupported", 2),
    ("a{2}{3}", "pattern-syntax", 4), ("^*", "pattern-syntax", 1), ("[a", "pattern-syntax", 0),
    ("x[]", "pattern-syntax", 1), ("[^]", "pattern-syntax", 0), ("[z-a]", "pattern-syntax", 1),
    ("[a-\\d]", "pattern-syntax", 1), ("[[:alpha:]]", "pattern-unsupported", 1),
    ("a\\", "pattern-syntax", 1), ("(a)\\1", "pattern-unsupported", 3),
    ("\\bword", "pattern-unsupported", 0), ("\\p{L}", "pattern-unsupported", 0),
    ("(?=a)", "pattern-unsupported", 0), ("(?<!a)", "pattern-unsupported", 0),
    ("(?<n>a)", "pattern-unsupported", 0), ("(?i)a", "pattern-unsupported", 0),
    ("a{", "pattern-syntax", 1), ("a{x}", "pattern-syntax", 1), ("a{2", "pattern-syntax", 1),
    ("a{3,2}", "pattern-syntax", 1), ("a{1001}", "pattern-too-large", 2),
    ("a{99999999999999999999}", "pattern-too-large", 2), ("a]", "pattern-syntax", 1),
    ("a}", "pattern-syntax", 1), ("é(", "pattern-syntax", 1),
    ("(a{50}){50}", "pattern-too-large", 7), ("((a{1000}){1000}){1000}", "pattern-too-large", 10),
  ])
  func `what is not supported is refused with its place`(
    source: String, code: String, offset: Int
  ) {
    let fault = #expect(throws: PatternFault.self) { try Pattern(source) }
    #expect(fault?.code == code)
    #expect(fault?.offset == offset)
    #expect(fault?.hint.isEmpty == false)
  }

  @Test func `limits hold exactly`() throws {
    let longest = String(repeating: "[ab]", count: Pattern.sourceBytesMax / 4)
    #expect(try Pattern(longest).matches(String(repeating: "ab", count: 128)))
    #expect(throws: PatternFault.self) { try Pattern(longest + "a") }

    #expect(try Pattern("a{500}b{500}").program.steps.count == 1_001)
    #expect(throws: PatternFault.self) { try Pattern("a{500}b{500}c") }

    func nested(_ depth: Int) -> String {
      String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth)
    }
    #expect(try Pattern(nested(Pattern.depthMax)).matches("a"))
    #expect(throws: PatternFault.self) { try Pattern(nested(Pattern.depthMax + 1)) }
  }

  /// Goal: no text makes matching slow, whatever the pattern.
  /// Method: count steps of patterns that make backtracking matchers explode.
  @Test(arguments: ["(a+)+b", "(a|a)*b", "(a*)*b", "(a|aa)+b", "(.*a){12}b", "a*a*a*a*a*b"])
  func `the cost grows with the length of the text and no faster`(source: String) throws {
    let pattern = try Pattern(source)
    var costs: [Int] = []
    for length in [1_000, 10_000] {
      var matcher = PatternMatcher(pattern.program)
      #expect(matcher.matches(String(repeating: "a", count: length)) == false)
      #expect(matcher.stepsTaken <= (length + 1) * pattern.program.steps.count)
      costs.append(matcher.stepsTaken)
    }
    // A little more than tenfold: the first scalars meet fewer places than the later ones.
    #expect(costs[1] <= costs[0] * 11)
  }

  @Test func `a matcher stops when its steps are used up`() throws {
    let pattern = try Pattern("(a|b)*")
    let text = String(repeating: "a", count: 1_000)
    var matcher = PatternMatcher(pattern.program)
    #expect(matcher.matches(text, stepsMax: 100) == nil)
    #expect(matcher.stepsTaken < 110)
    #expect(pattern.matches(text, stepsMax: 10_000) == true)
    #expect(pattern.matches(text + "c", stepsMax: 10_000) == false)
  }

  /// Swift's own matcher backtracks, which is no harm on texts this short, and shares no code.
  @Test func `it agrees with another matcher on random patterns and texts`() throws {
    var comparisonCount = 0
    var matchCount = 0
    for seed in 0..<2_000 {
      var random = SeededRandom(UInt64(seed))
      let source = randomPattern(&random, depth: 3)
      guard let pattern = try? Pattern(source) else { continue }
      let oracle = try Regex(source).matchingSemantics(.unicodeScalar)
      for _ in 0..<8 {
        let text = (0..<random.below(6)).map { _ in random.pick(["a", "b", "c", "1"]) }.joined()
        let expected = try oracle.wholeMatch(in: text) != nil
        #expect(pattern.matches(text) == expected, "/\(source)/ on '\(text)'")
        comparisonCount += 1
        matchCount += expected ? 1 : 0
      }
    }
    #expect(comparisonCount > 10_000)
    #expect(matchCount > 1_000)
  }

  private func randomPattern(_ random: inout SeededRandom, depth: Int) -> String {
    guard depth > 0 else { return random.pick(["a", "b", "c", ".", "[ab]", "[^a]", "\\d", "\\w"]) }
    switch random.below(5) {
    case 0: return randomPattern(&random, depth: 0)
    case 1:
      return randomPattern(&random, depth: depth - 1) + randomPattern(&random, depth: depth - 1)
    case 2:
      let left = randomPattern(&random, depth: depth - 1)
      return "(\(left)|\(randomPattern(&random, depth: depth - 1)))"
    default:
      let quantifier = random.pick(["?", "*", "+", "{2}", "{1,2}", "{0,3}", "{1,}"])
      return "(?:\(randomPattern(&random, depth: depth - 1)))" + quantifier
    }
  }
}
