import Domain
import Testing

/// A text with `count` of something, and the finding for one too many.
struct LimitCase: CustomTestStringConvertible, Sendable {
  var name: String
  var limit: Int
  var code: String
  /// Of the limits in force; small ones keep the tests quick.
  var limits = DefinitionLimits()
  var text: @Sendable (Int) -> String

  var testDescription: String { name }
}

@Suite struct DefinitionLimitTests {
  private static let task = "id: x\ntasks:\n  t: {run: make"

  private static func numbered(_ count: Int, _ line: (Int) -> String) -> String {
    (0..<count).map(line).joined()
  }

  private static func small(_ change: (inout DefinitionLimits) -> Void) -> DefinitionLimits {
    var limits = DefinitionLimits()
    change(&limits)
    return limits
  }

  private static let cases: [LimitCase] = [
    LimitCase(name: "tasks", limit: 10_000, code: "too-many") { count in
      "id: x\ntasks:\n" + numbered(count - 1) { "  t\($0): {run: a}\n" } + "finally: {f: {run: a}}"
    },
    LimitCase(name: "needs of all tasks", limit: 100_000, code: "too-many") { count in
      var left = count
      let first = "id: x\ntasks:\n" + numbered(400) { "  t\($0): {run: a}\n" }
      return first
        + numbered(300) { place in
          let needs = min(left, 400)
          left -= needs
          return "  u\(place): {run: a, needs: [\(numbered(needs) { "t\($0)," })]}\n"
        }
    },
    LimitCase(name: "tasks in a row", limit: 1_000, code: "graph-too-deep") { count in
      "id: x\ntasks:\n"
        + numbered(count) {
          $0 == 0 ? "  t0: {run: a}\n" : "  t\($0): {run: a, needs: [t\($0 - 1)]}\n"
        }
    },
    LimitCase(name: "attempts", limit: 20, code: "out-of-range") {
      task + ", retry: {attempts: \($0)}}"
    },
    LimitCase(name: "days of a timeout", limit: 30, code: "out-of-range") {
      task + ", timeout: {attempt: none, total: \($0)d}}"
    },
    LimitCase(name: "days of a run", limit: 30, code: "out-of-range") {
      task + "}\ntimeout: \($0)d"
    },
    LimitCase(name: "retry rules", limit: 20, code: "too-many") { count in
      task + ", retry: {rules: [\(numbered(count) { "{exit: \($0 + 1), attempts: 2}," })]}}"
    },
    LimitCase(name: "labels", limit: 32, code: "too-many") { count in
      task + "}\nlabels: {\(numbered(count) { "l\($0): x, " })}"
    },
    LimitCase(name: "bytes of a label", limit: 255, code: "too-long") {
      task + "}\nlabels: {a: \(String(repeating: "v", count: $0))}"
    },
    LimitCase(name: "bytes of a name", limit: 63, code: "invalid-name") {
      "id: \(String(repeating: "n", count: $0))\ntasks: {t: {run: make}}"
    },
    LimitCase(name: "bytes of the description", limit: 4_096, code: "too-long") {
      task + "}\ndescription: \(String(repeating: "d", count: $0))"
    },
    LimitCase(name: "inputs", limit: 200, code: "too-many") { count in
      task + "}\ninputs: {\(numbered(count) { "i\($0): string, " })}"
    },
    LimitCase(name: "choices", limit: 200, code: "too-many") { count in
      task + "}\ninputs: {i: {type: integer, choices: [\(numbered(count) { "\($0)," })]}}"
    },
    LimitCase(name: "outputs", limit: 200, code: "too-many") { count in
      task + ", outputs: {\(numbered(count) { "o\($0): string, " })}}"
    },
    LimitCase(name: "variables", limit: 200, code: "too-many") { count in
      task + ", env: {\(numbered(count) { "V\($0): x, " })}}"
    },
    LimitCase(name: "bytes of a variable", limit: 32 << 10, code: "too-long") {
      task + ", env: {V: \(String(repeating: "v", count: $0))}}"
    },
    LimitCase(name: "arguments", limit: 1_000, code: "too-many") { count in
      "id: x\ntasks: {t: {run: [\(numbered(count) { "a\($0)," })]}}"
    },
    LimitCase(name: "words of a command", limit: 1_000, code: "too-many") { count in
      "id: x\ntasks: {t: {run: \(numbered(count) { "a\($0) " })}}"
    },
    LimitCase(name: "bytes of an argument", limit: 32 << 10, code: "too-long") {
      "id: x\ntasks: {t: {run: [make, \(String(repeating: "v", count: $0))]}}"
    },
    LimitCase(name: "bytes of a word of a command", limit: 32 << 10, code: "too-long") {
      "id: x\ntasks: {t: {run: make \(String(repeating: "v", count: $0))}}"
    },
    LimitCase(name: "bytes of a script", limit: 256 << 10, code: "too-long") {
      "id: x\ntasks: {t: {script: \(String(repeating: "v", count: $0))}}"
    },
    LimitCase(name: "bytes of all arguments", limit: 64 << 10, code: "too-long") { count in
      let texts = ["a", "b", "c"].map { "\($0): \(String(repeating: "v", count: count / 4))" }
      let last = String(repeating: "v", count: count - 3 * (count / 4) - 4)
      return "id: x\ntasks: {t: {call: f, with: {\(texts.joined(separator: ", ")), d: \(last)}}}"
    },
    LimitCase(name: "headers", limit: 64, code: "too-many") { count in
      "id: x\ntasks: {t: {http: {url: 'http://h', "
        + "headers: {\(numbered(count) { "h\($0): x, " })}}}}"
    },
    LimitCase(name: "artifacts", limit: 100, code: "too-many") { count in
      task + ", artifacts: [\(numbered(count) { "{path: a, name: n\($0)}," })]}"
    },
    LimitCase(name: "notifications", limit: 20, code: "too-many") { count in
      task + "}\nnotify: [\(numbered(count) { "{when: [failed], webhook: n\($0)}," })]"
    },
    LimitCase(
      name: "items of a list that is written out", limit: 500, code: "too-many",
      limits: small { $0.itemsMax = 500 }
    ) { count in
      task + ", forEach: [\(numbered(count) { "\($0)," })]}"
    },
  ]

  @Test(arguments: cases)
  func `the limit and one less are taken, one more is refused`(_ test: LimitCase) {
    for count in [test.limit - 1, test.limit] {
      let reading = read(test.text(count), limits: test.limits)
      #expect(reading.findings.isEmpty, "\(count): \(reading.findings)")
    }
    let reading = read(test.text(test.limit + 1), limits: test.limits)
    #expect(reading.definition == nil)
    #expect(reading.findings.map(\.code) == [test.code], "\(reading.findings)")
  }

  @Test func `counts all findings and reports a hundred, the first of the file first`() {
    let tasks = (0..<3_000).map { "  t\($0): {run: make, pol: x}\n" }.joined()
    let reading = read("id: x\ntasks:\n" + tasks)
    #expect(reading.findingsCount == 3_000)
    #expect(reading.findings.count == 100)
    #expect(reading.findings.map(\.position.line) == Array(3...102))
    #expect(reading.findings[0].hint == "did you mean 'pool'?")
  }
}
