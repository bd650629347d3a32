import Domain
import Testing

@Suite struct SearchParserTests {
  private static let states = ["queued", "running", "failed", "succeeded", "timedOut"]
  private static let now = Moment(microseconds: 1_800_000_000_000_000)

  private static func parse(_ text: String) throws(SearchFault) -> SearchCondition {
    try SearchParser.parse(text, now: now, states: states)
  }

  private static func facts(
    _ change: (inout SearchFacts) -> Void = { _ in }
  ) -> SearchFacts {
    var facts = SearchFacts(
      state: "failed", workflow: "nightly-build", version: "v1", labels: ["team": "pay"],
      createdAt: now - .seconds(7_200))
    facts.startedAt = now - .seconds(7_100)
    facts.endedAt = now - .seconds(6_500)
    facts.error = "exit-code test: Connection reset by peer"
    change(&facts)
    return facts
  }

  @Test(arguments: [
    ("state = failed", true), ("state != failed", false), ("STATE=failed", true),
    ("state IN (running, failed)", true), ("state NOT IN (running, failed)", false),
    ("workflow = \"nightly-build\"", true), ("workflow = nightly", false),
    ("label.team = pay", true), ("label.team != pay", false), ("label.absent != pay", true),
    ("label.absent = pay", false), ("version = v1", true),
    ("created > -3h", true), ("created > -1h", false), ("started < now", true),
    ("ended >= 2027-01-15", true), ("ended < 2027-01-15T08:00:00+01:00", true),
    ("created < 2027-01-15", false), ("took > 9m", true), ("took > 10m", false),
    ("took >= 10m", true), ("took <= 600s", true), ("wait < 2m", true), ("wait < 100s", false),
    ("error = \"connection RESET\"", true), ("error = reset AND error = refused", false),
    ("error = nightly", false), ("\"nightly reset\"", true), ("text = build", true),
    ("NOT state = running", true), ("NOT NOT state = running", false),
    ("state = running OR label.team = pay AND took > 1m", true),
    ("(state = running OR label.team = pay) AND took > 1h", false),
    ("state = failed and not (workflow = x or workflow = y)", true),
    ("label.team = \"p\\a\\y\"", true),
  ])
  func `a filter means what it says`(_ text: String, _ holds: Bool) throws {
    #expect(try Self.parse(text).holds(for: Self.facts()) == holds)
  }

  /// Goal: what has not happened fits no comparison, neither way.
  @Test func `what a run has not fits no comparison`() throws {
    let facts = Self.facts {
      $0.startedAt = nil
      $0.endedAt = nil
    }
    for text in [
      "ended > -9000d", "ended < now", "took > 0s", "took < 9d", "wait >= 0s", "started <= now",
    ] {
      #expect(try !Self.parse(text).holds(for: facts), "\(text)")
      #expect(try Self.parse("NOT " + text).holds(for: facts), "\(text)")
    }
  }

  @Test(arguments: [
    ("", 1, "such as state = failed"), ("state", 6, "one of ="), ("state =", 8, "a word"),
    ("sate = failed", 1, "did you mean 'state'?"), ("state = faild", 9, "did you mean 'failed'?"),
    ("state = failed workflow = x", 16, "AND or OR"), ("(state = failed", 16, "close it"),
    ("state = failed)", 15, "AND or OR"), ("state > failed", 9, "compared with =, != or IN"),
    ("took = 5m", 8, "compared with <"), ("took > 5", 8, "a whole number"),
    ("created > yesterday", 11, "such as -24h"), ("state IN failed", 10, "IN (a, b)"),
    ("state IN (failed", 17, "close the list"), ("took IN (1m)", 9, "it fits"),
    ("label.a = \"x", 11, "end it with"), ("state ! failed", 7, "write !="),
    ("state = failed & x", 16, "double quotes"), ("state = failed AND", 19, "such as"),
    ("\"--\"", 1, "what to look for"), ("NOT", 4, "such as"), ("label. = x", 1, "fields are"),
  ])
  func `a fault points at its column and says what would be right`(
    _ text: String, _ column: Int, _ hint: String
  ) throws {
    do throws(SearchFault) {
      let condition = try Self.parse(text)
      Issue.record("\(text) was read as \(condition)")
    } catch {
      #expect(error.column == column, "\(text): \(error)")
      #expect(error.hint.contains(hint), "\(text): \(error)")
    }
  }

  @Test func `limits hold exactly`() throws {
    func many(_ count: Int) -> String {
      Array(repeating: "\"a\"", count: count).joined(separator: " OR ")
    }
    _ = try Self.parse(many(SearchParser.testsMax))
    #expect(throws: SearchFault.self) { try Self.parse(many(SearchParser.testsMax + 1)) }
    let choices = Array(repeating: "x", count: SearchParser.choicesMax).joined(separator: ",")
    _ = try Self.parse("workflow IN (\(choices))")
    #expect(throws: SearchFault.self) { try Self.parse("workflow IN (\(choices),x)") }
    func deep(_ count: Int) -> String {
      String(repeating: "(", count: count) + "\"a\"" + String(repeating: ")", count: count)
    }
    _ = try Self.parse(deep(31))
    #expect(throws: SearchFault.self) { try Self.parse(deep(32)) }
    #expect(throws: SearchFault.self) { try Self.parse(String(repeating: "(", count: 4_000)) }
    #expect(throws: SearchFault.self) { try Self.parse(String(repeating: "NOT ", count: 1_000)) }
    #expect(throws: SearchFault.self) { try Self.parse(String(repeating: " ", count: 4_097)) }
  }

  /// Goal: no words in any order break the parser.
  @Test func `no soup of words breaks it`() {
    let words = [
      "state", "=", "!=", "<", ">=", "IN", "NOT", "AND", "OR", "(", ")", ",", "\"x\"", "failed",
      "label.a", "-24h", "took", "5m", "created", "\"", "\\", "é", "👍", "-9223372036854775807d",
    ]
    var random = UInt64(7)
    func below(_ bound: Int) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((random >> 33) % UInt64(bound))
    }
    var read = 0
    for _ in 0..<20_000 {
      let text = (0..<below(12)).map { _ in words[below(words.count)] }.joined(separator: " ")
      guard let condition = try? Self.parse(text) else { continue }
      _ = condition.holds(for: Self.facts())
      read += 1
    }
    #expect(read > 50)
  }
}
