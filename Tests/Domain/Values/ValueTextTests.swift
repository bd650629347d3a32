import Domain
import Testing

@Suite struct ValueTextTests {
  @Test(arguments: [
    (Value.null, "null", ""), (.boolean(true), "true", "true"), (.integer(-3), "-3", "-3"),
    (.decimal(Decimal(scaled: 1_500_000_000)), "1.5", "1.5"), (.string("a"), "\"a\"", "a"),
    (.string(""), "\"\"", ""), (.array([]), "[]", "[]"), (.object([:]), "{}", "{}"),
    (.array([.integer(1), .string("b")]), "[1,\"b\"]", "[1,\"b\"]"),
    (
      .object(["b": .null, "a": .array([.boolean(false)])]), #"{"a":[false],"b":null}"#,
      #"{"a":[false],"b":null}"#
    ),
    (
      .string("\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}é👍"),
      "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u{7f}é👍\"",
      "\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}é👍"
    ),
  ])
  func `values have one JSON text and one text in templates`(
    value: Value, json: String, text: String
  ) {
    #expect(value.json == json)
    #expect(value.text == text)
    #expect(value.weight == json.utf8.count)
  }

  @Test func `reading what was written gives the value back`() throws {
    for seed in 0..<2_000 {
      var random = RandomExpression(seed: UInt64(seed))
      let value = random.value(depth: 4)
      #expect(try Value(json: value.json) == value, "seed \(seed)")
      #expect(value.weight == value.json.utf8.count, "seed \(seed)")
    }
  }

  @Test func `weighing stops soon after the limit`() {
    let many = Value.array(Array(repeating: .string("12345678"), count: 1_000))
    #expect(many.weight == 11_001)
    #expect(many.weight(upTo: 11_001) == 11_001)
    let stopped = many.weight(upTo: 2_000)
    #expect(stopped > 2_000 && stopped < 2_020)
  }
}
