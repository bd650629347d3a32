import Domain

/// Makes valid definitions with nasty texts, as values that a reader takes.
struct DefinitionNoise {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func definition() -> Value {
    var form: [(String, Value)] = [("id", .string("noise")), ("tasks", tasks("t"))]
    maybe(&form, "namespace") { _ in .string("payments") }
    maybe(&form, "description") { .string($0.text()) }
    maybe(&form, "labels") { noise in .object(["team": .string(noise.oneLine())]) }
    maybe(&form, "inputs") { $0.inputs() }
    maybe(&form, "timeout") { $0.duration() }
    maybe(&form, "concurrency") { noise in
      .object(["key": .string("k-${{ run.id }}"), "limit": .integer(noise.number(1...9))])
    }
    maybe(&form, "defaults") { $0.defaults() }
    maybe(&form, "finally") { $0.tasks("f") }
    maybe(&form, "notify") { noise in
      .array([
        .object([
          "when": noise.one([.array([.string("failed")]), .array([.string("finished")])]),
          "email": .array([.string("a@example.org")]),
        ])
      ])
    }
    return .object(SortedMap(form))
  }

  private mutating func tasks(_ prefix: String) -> Value {
    let count = Int(number(1...6))
    var tasks: [(String, Value)] = []
    for place in 0..<count {
      tasks.append(("\(prefix)\(place)", task(before: (0..<place).map { "\(prefix)\($0)" })))
    }
    return .object(SortedMap(tasks))
  }

  private mutating func task(before: [String]) -> Value {
    var form = work()
    if !before.isEmpty {
      maybe(&form, "needs") { noise in
        let need = noise.one(before)
        return noise.one([
          .array([.string(need)]), .object([need: .string("any")]),
          .object([need: .string("done"), before[0]: .string("failed")]),
        ])
      }
    }
    maybe(&form, "if") {
      $0.one([.string("true"), .string("run.id != 'a: b'"), .string("!false")])
    }
    maybe(&form, "env") { noise in
      .object(["A": .string(noise.template()), "B_2": .string(noise.template())])
    }
    maybe(&form, "pool") { $0.one([.string("big"), .string("no"), .string("default")]) }
    maybe(&form, "timeout") { noise in
      noise.one([noise.duration(), .object(["queue": noise.duration(), "grace": .string("0s")])])
    }
    maybe(&form, "retry") { $0.retry() }
    maybe(&form, "outputs") { noise in .object(["x": noise.type(), "n": noise.type()]) }
    // Only programs have a folder.
    if form.contains(where: { $0.0 == "run" || $0.0 == "script" }) {
      maybe(&form, "artifacts") { _ in
        .array([.object(["path": .string("out/**"), "name": .string("out")])])
      }
    }
    maybe(&form, "forEach") { noise in
      noise.one([.array([noise.value(2), noise.value(1)]), .string("${{ ['a', 'b'] }}")])
    }
    return .object(SortedMap(form))
  }

  private mutating func work() -> [(String, Value)] {
    switch number(0...3) {
    case 0:
      let words = (0..<number(0...4)).map { _ in Value.string(template()) }
      return [("run", .array([.string("tool")] + words))]
    case 1:
      return [("script", .string("x" + text())), ("interpreter", .array([.string("sh")]))]
    case 2:
      var call: [(String, Value)] = [("url", .string("https://example.org/${{ run.id }}"))]
      maybe(&call, "method") { _ in .string("PUT") }
      maybe(&call, "body") { $0.value(3) }
      maybe(&call, "headers") { noise in .object(["X-A": .string(noise.oneLine())]) }
      maybe(&call, "expect") { _ in .array([.integer(204), .integer(200)]) }
      return [("http", .object(SortedMap(call)))]
    default:
      return [("call", .string("a.b")), ("with", .object(["y": value(3), text(): value(1)]))]
    }
  }

  private mutating func inputs() -> Value {
    var inputs: [(String, Value)] = [
      ("s", .object(["type": .string("string"), "default": .string(text())])),
      ("a", .object(["type": .string("any"), "default": value(3)])),
      (
        "c",
        .object(["type": .string("string"), "choices": .array([.string("no"), .string("1")])])
      ),
    ]
    maybe(&inputs, "t") { $0.type() }
    return .object(SortedMap(inputs))
  }

  private mutating func defaults() -> Value {
    var form: [(String, Value)] = []
    maybe(&form, "pool") { _ in .string("large") }
    maybe(&form, "timeout") { $0.duration() }
    maybe(&form, "retry") { $0.retry() }
    maybe(&form, "env") { noise in .object(["SHARED": .string(noise.template())]) }
    return .object(SortedMap(form))
  }

  private mutating func retry() -> Value {
    var form: [(String, Value)] = [("attempts", .integer(number(1...20)))]
    maybe(&form, "backoff") { noise in
      .object([
        "initial": .string("250ms"), "max": .string("1h"),
        "factor": noise.one([.integer(3), .decimal(Decimal(scaled: 1_250_000_000))]),
      ])
    }
    maybe(&form, "rules") { noise in
      .array([
        .object(["on": .string("lost"), "attempts": .integer(noise.number(1...20))]),
        .object(["exit": .array([.integer(75), .integer(2)]), "attempts": .integer(1)]),
      ])
    }
    return .object(SortedMap(form))
  }

  private mutating func type() -> Value {
    one([
      .string("integer"), .string("any"), .string("array"),
      .object(["type": .string("array"), "items": .string("number")]),
      .object(["type": .string("object"), "properties": .object(["p": .string("boolean")])]),
    ])
  }

  private mutating func duration() -> Value {
    .string(one(["1ms", "250ms", "90s", "5m", "2h", "1d", "30d", "none"]))
  }

  private mutating func value(_ depth: Int) -> Value {
    switch number(0...(depth > 0 ? 7 : 5)) {
    case 0: .null
    case 1: .boolean(number(0...1) == 0)
    case 2: .integer(Int64(bitPattern: next()))
    case 3: .decimal(Decimal(scaled: Int64(bitPattern: next()) | 1))
    case 4, 5: .string(text())
    case 6: .array((0..<number(0...3)).map { _ in value(depth - 1) })
    default:
      .object(
        SortedMap((0..<number(0...3)).map { _ in (text(), value(depth - 1)) }))
    }
  }

  private mutating func template() -> String {
    one([
      text(), "a ${{ run.id }} b",
      "${{ run.id == 'x y' ? 'p' : \"\" }}".replacing("\"\"", with: "''"),
      "$${{ kept }}", "${{ run.id }}${{ run.workflow }}",
    ])
  }

  /// What writers of YAML and command lines get wrong.
  private mutating func text() -> String {
    one([
      "", " ", "plain", "two words", "no", "yes", "null", "~", "true", "1", "1.10", "0123", "1e3",
      "12:30", "2026-01-01", ".inf", "a: b", "a #b", "#a", "- a", "-", "--flag", "?", "? x", ":",
      "a:",
      "[a]", "{a}", "a, b", "*a", "&a", "!a", "|", ">", "'a'", "\"a\"", "it's", "a\\b", "\\", "%a",
      "@a",
      "`a`", "a\tb", "\ta", "a\n", "a\nb", "a\nb\n", "a\n\n", "\na", " a\nb", "a\n  b\n\n  c\n",
      "a\n \nb",
      "a ", "\r\n", "a\rb", "\u{7f}", "\u{85}", "\u{2028}", "\u{feff}", "é€🙂", "<<", "=", "---",
      "...", "--- a",
      "$HOME", "$$", "a && b", "x;", "}}", "{{", "a\u{301}", String(repeating: "long ", count: 60),
      String(repeating: "k", count: 1_100), "'a\n\"b\\",
    ])
  }

  private mutating func oneLine() -> String {
    let text = text()
    let isLine = text.utf8.count < 200 && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    return isLine ? text : "line"
  }

  private mutating func maybe(
    _ form: inout [(String, Value)], _ key: String, _ value: (inout DefinitionNoise) -> Value
  ) {
    if number(0...2) == 0 { form.append((key, value(&self))) }
  }

  private mutating func one<Choice>(_ choices: [Choice]) -> Choice {
    choices[Int(next() % UInt64(choices.count))]
  }

  private mutating func number(_ range: ClosedRange<Int64>) -> Int64 {
    range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
  }

  /// SplitMix64.
  private mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
