import Domain
import Testing

@Suite struct ExpressionSyntaxTests {
  @Test(arguments: [
    ("", "expression-syntax", 0, "write a value, such as inputs.x"),
    ("   ", "expression-syntax", 3, "write a value, such as inputs.x"),
    ("1 +", "expression-syntax", 3, "a value is expected here, such as inputs.x, 1 or 'text'"),
    ("1 2", "expression-syntax", 2, "an operator, or the end, is expected after the expression"),
    (
      "a and b", "unknown-name", 0,
      "names start with inputs, tasks, item, index or run; text stands in single quotes"
    ),
    ("true and false", "expression-syntax", 5, "write && for 'and'"),
    ("true or false", "expression-syntax", 5, "write || for 'or'"),
    ("not true", "unknown-name", 0, "write ! for 'not'"),
    ("input.x", "unknown-name", 0, "did you mean inputs?"),
    ("regions", "unknown-name", 0, "did you mean inputs.regions?"),
    ("build", "unknown-name", 0, "did you mean tasks.build?"),
    ("length", "unknown-name", 0, "did you mean length(string | array | object) → integer?"),
    ("lenght('a')", "unknown-function", 0, "did you mean length?"),
    ("frobnicate()", "unknown-function", 0, "docs/expressions.md lists them"),
    ("lower()", "wrong-arguments", 0, "it is lower(string) → string"),
    ("lower('a', 'b')", "wrong-arguments", 0, "it is lower(string) → string"),
    ("hash()", "wrong-arguments", 0, "it is hash(any, any…) → string"),
    ("\"a\"", "expression-syntax", 0, "strings stand in single quotes"),
    ("'a", "expression-syntax", 0, "close it with '; a quote within a string is written ''"),
    ("'a''", "expression-syntax", 0, "close it with '; a quote within a string is written ''"),
    ("1 = 1", "expression-syntax", 2, "to compare, write =="),
    ("true & true", "expression-syntax", 5, "write && for 'and'"),
    (
      "{}", "expression-syntax", 0,
      "objects cannot be written; pass one as an input or use fromJson('{…}')"
    ),
    ("$x", "expression-syntax", 0, "names need no $: write inputs.x"),
    ("1;", "expression-syntax", 1, "see docs/expressions.md for the grammar"),
    ("12abc", "expression-syntax", 0, "put an operator or a blank between them"),
    (
      "007", "invalid-number", 0,
      "whole numbers have 64 bits, decimals nine digits on both sides; no leading zeros"
    ),
    (
      "9223372036854775808", "invalid-number", 0,
      "whole numbers have 64 bits, decimals nine digits on both sides; no leading zeros"
    ),
    (
      "0.1234567891", "invalid-number", 0,
      "whole numbers have 64 bits, decimals nine digits on both sides; no leading zeros"
    ),
    (
      "1e", "invalid-number", 0,
      "whole numbers have 64 bits, decimals nine digits on both sides; no leading zeros"
    ),
    (
      "inputs.", "expression-syntax", 7,
      "a name follows the point; other members are written ['…'] or [0]"
    ),
    (
      "inputs.0", "expression-syntax", 7,
      "a name follows the point; other members are written ['…'] or [0]"
    ),
    ("inputs[1", "expression-syntax", 8, "close the index with ']'"),
    ("(1", "expression-syntax", 2, "close the parenthesis with ')'"),
    ("[1", "expression-syntax", 2, "write ',' or ']'"),
    ("[1,]", "expression-syntax", 3, "a value is expected here, such as inputs.x, 1 or 'text'"),
    ("true ? 1", "expression-syntax", 8, "a condition is written c ? a : b"),
    ("tasks", "expression-syntax", 0, "write tasks.NAME.outcome or tasks.NAME.outputs.x"),
    ("tasks.build", "expression-syntax", 0, "write tasks.NAME.outcome or tasks.NAME.outputs.x"),
    (
      "tasks.Build.outcome", "expression-syntax", 0,
      "write tasks.NAME.outcome or tasks.NAME.outputs.x"
    ),
    (
      "tasks.build.output.x", "unknown-member", 12,
      "write tasks.NAME.outcome or tasks.NAME.outputs.x"
    ),
    (
      "matches('a', inputs.name)", "wrong-arguments", 13,
      "write it as a string: matches(inputs.x, '[a-z]+')"
    ),
    ("matches('a', '''(a')", "pattern-syntax", 16, "close it with ')'"),
  ])
  func `broken text is a fault with its place and cure`(
    source: String, code: String, offset: Int, hint: String
  ) {
    let fault = #expect(throws: ExpressionFault.self) {
      try ExpressionParser.parse(source, in: ExpressionScene.context)
    }
    #expect(fault?.code == code)
    #expect(fault?.offset == offset)
    #expect(fault?.hint == hint)
  }

  @Test func `the source may have 4 KiB and not a byte more`() throws {
    let largest = "'" + String(repeating: "x", count: ExpressionParser.sourceBytesMax - 2) + "'"
    #expect(try ExpressionParser.parse(largest).source == largest)
    let fault = #expect(throws: ExpressionFault.self) { try ExpressionParser.parse(largest + " ") }
    #expect(fault?.code == "expression-too-long")
  }

  @Test(arguments: [
    ("(", "1", ")"), ("[", "1", "]"), ("!", "true", ""), ("- ", "1", ""), ("true ? ", "1", " : 1"),
    ("inputs.x[", "0", "]"), ("lower(", "'a'", ")"), ("", "1", " + 1"), ("1 ?? ", "1", ""),
    ("", "item", ".a"), ("", "item", "[0]"),
  ])
  func `nesting of any kind ends in a fault, not in a deep stack`(
    before: String, core: String, after: String
  ) throws {
    func nested(_ levels: Int) -> String {
      String(repeating: before, count: levels) + core + String(repeating: after, count: levels)
    }
    #expect(try ExpressionParser.parse(nested(62)).references.isEmpty)
    let levels = ExpressionParser.sourceBytesMax / max(before.utf8.count + after.utf8.count, 1) - 8
    let fault = #expect(throws: ExpressionFault.self) { try ExpressionParser.parse(nested(levels)) }
    #expect(fault?.code == "expression-too-deep")
  }
}
