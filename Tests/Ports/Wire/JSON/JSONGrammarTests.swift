import Domain
import TestSupport
import Testing

/// Every case that RFC 8259 decides, one line each, in the manner of Nicolas Seriot's suite: what
/// must be read, what must be refused and as what, and our decision where the RFC leaves one.
@Suite struct JSONGrammarTests {
  static let accepted: [(String, Value)] = [
    // Structure.
    ("[]", .array([])), ("{}", .object([:])), ("[[] ]", .array([.array([])])),
    ("[\"\"]", .array([.string("")])), (" [1] ", .array([.integer(1)])),
    ("\t\r\n[\t1\r,\n2 ]\n", .array([.integer(1), .integer(2)])),
    ("[null,true,false]", .array([.null, .boolean(true), .boolean(false)])),
    ("{\"\":0}", .object(["": .integer(0)])),
    ("{\"a\":{},\"b\":[{}]}", .object(["a": .object([:]), "b": .array([.object([:])])])),
    ("{\"a\" :\n1}", .object(["a": .integer(1)])),
    ("{\"A\":1,\"a\":2}", .object(["A": .integer(1), "a": .integer(2)])),
    // Scalars at the top.
    ("null", .null), ("true", .boolean(true)), ("false", .boolean(false)), ("42", .integer(42)),
    ("\"x\"", .string("x")), (" null ", .null),
    // Numbers.
    ("0", .integer(0)), ("-0", .integer(0)), ("-1", .integer(-1)), ("10", .integer(10)),
    ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
    ("1e2", .integer(100)), ("1E+2", .integer(100)), ("120e-1", .integer(12)),
    ("1.0", .integer(1)), ("0.0", .integer(0)), ("-0.0", .integer(0)),
    ("0.5", .decimal(Decimal(scaled: 500_000_000))),
    ("-1.5e1", .integer(-15)), ("1.25e1", .decimal(Decimal(scaled: 12_500_000_000))),
    ("0.000000001", .decimal(Decimal(scaled: 1))),
    ("0.1000000000000", .decimal(Decimal(scaled: 100_000_000))),
    ("9223372036.854775807", .decimal(Decimal(scaled: .max))),
    ("0e99", .integer(0)),
    // Strings.
    ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", .string("\"\\/\u{8}\u{c}\n\r\t")),
    ("\"\\u0061\\u00e9\\u20AC\\uffff\"", .string("aé€\u{ffff}")),
    ("\"\\uD834\\uDd1e\"", .string("𝄞")), ("\"𝄞é€\"", .string("𝄞é€")),
    ("\"\\uDBFF\\uDFFE\"", .string("\u{10fffe}")), ("\"\\u0022\"", .string("\"")),
    ("\"\\uFEFF\u{feff}\"", .string("\u{feff}\u{feff}")), ("\"\u{7f}\"", .string("\u{7f}")),
    ("\"\u{2028}\u{2029}\"", .string("\u{2028}\u{2029}")), ("\"\\\\u0000\"", .string("\\u0000")),
    ("\"/**/\"", .string("/**/")), ("\"\\u001f\"", .string("\u{1f}")),
    // Long runs between escapes.
    ("\"aaaa\\nbbbb\\tcccc\"", .string("aaaa\nbbbb\tcccc")),
  ]

  @Test(arguments: accepted)
  func `what the grammar allows is read`(text: String, value: Value) throws {
    #expect(try Value(json: text) == value)
  }

  static let refused: [(String, JSONFault.Code, Int)] = [
    // Nothing, or too much.
    ("", .syntax, 0), (" \n", .syntax, 2), ("[]]", .trailingBytes, 2), ("1 2", .trailingBytes, 2),
    ("{}x", .trailingBytes, 2), ("nulll", .trailingBytes, 4), ("[1]\0", .trailingBytes, 3),
    ("\"\"\"\"", .trailingBytes, 2), ("1,", .trailingBytes, 1),
    // Arrays.
    ("[", .syntax, 1), ("[1", .syntax, 2), ("[1,", .syntax, 3), ("[1,]", .syntax, 3),
    ("[,1]", .syntax, 1), ("[,]", .syntax, 1), ("[1,,2]", .syntax, 3), ("[1 2]", .syntax, 3),
    ("[1:2]", .syntax, 2), ("[1}", .syntax, 2), ("]", .syntax, 0), ("[1;2]", .syntax, 2),
    ("[\"\": 1]", .syntax, 3), ("[[1]", .syntax, 4),
    // Objects.
    ("{", .syntax, 1), ("{\"a\"", .syntax, 4), ("{\"a\":", .syntax, 5), ("{\"a\":1", .syntax, 6),
    ("{\"a\":1,", .syntax, 7), ("{\"a\":1,}", .syntax, 7), ("{\"a\"}", .syntax, 4),
    ("{\"a\",1}", .syntax, 4), ("{\"a\":}", .syntax, 5), ("{a:1}", .syntax, 1),
    ("{'a':1}", .syntax, 1), ("{1:1}", .syntax, 1), ("{null:1}", .syntax, 1),
    ("{\"a\":1 \"b\":2}", .syntax, 7), ("{\"a\":1,,\"b\":2}", .syntax, 7), ("{,}", .syntax, 1),
    ("{\"a\"::1}", .syntax, 5), ("{[]:1}", .syntax, 1), ("}", .syntax, 0), ("{]", .syntax, 1),
    ("{\"a\":1/**/}", .syntax, 6),
    // Duplicates, escapes and Unicode equality included.
    ("{\"a\":1,\"a\":1}", .duplicateName, 7), ("{\"\\u0061\":1,\"a\":2}", .duplicateName, 12),
    ("{\"\u{e9}\":1,\"e\u{301}\":2}", .duplicateName, 8),
    ("[{\"a\":1},{\"b\":1,\"b\":1}]", .duplicateName, 16),
    // Words.
    ("nul", .syntax, 0), ("True", .syntax, 0), ("NULL", .syntax, 0), ("tru", .syntax, 0),
    ("undefined", .syntax, 0), ("[fals]", .syntax, 1), ("NaN", .syntax, 0),
    ("Infinity", .syntax, 0), ("-Infinity", .syntax, 1), ("-NaN", .syntax, 1),
    // Numbers.
    ("-", .syntax, 1), ("+1", .syntax, 0), ("01", .syntax, 0), ("-01", .syntax, 0),
    ("00", .syntax, 0), (".5", .syntax, 0), ("-.5", .syntax, 1), ("1.", .syntax, 2),
    ("1.e1", .syntax, 2), ("1e", .syntax, 2), ("1e+", .syntax, 3), ("1e1.5", .trailingBytes, 3),
    ("1eE2", .syntax, 2), ("0x1", .trailingBytes, 1), ("1_000", .trailingBytes, 1),
    ("--1", .syntax, 1), ("1+2", .trailingBytes, 1), ("1a", .trailingBytes, 1),
    ("１", .syntax, 0), ("9223372036854775808", .numberOutOfRange, 0),
    ("[-9223372036854775809]", .numberOutOfRange, 1), ("1e400", .numberOutOfRange, 0),
    ("1e-10", .numberOutOfRange, 0), ("0.1234567891", .numberOutOfRange, 0),
    ("9223372036.854775808", .numberOutOfRange, 0), ("1e999999999999", .numberOutOfRange, 0),
    // Strings.
    ("\"", .syntax, 0), ("\"a", .syntax, 0), ("'a'", .syntax, 0), ("a", .syntax, 0),
    ("\"\\", .syntax, 2), ("\"\\x\"", .syntax, 2), ("\"\\'\"", .syntax, 2),
    ("\"\\U0041\"", .syntax, 2), ("\"\\u\"", .syntax, 3), ("\"\\u12\"", .syntax, 5),
    ("\"\\u00G0\"", .syntax, 5), ("\"\\u+123\"", .syntax, 3), ("\"\\", .syntax, 2),
    ("\"\n\"", .controlCharacter, 1), ("\"a\tb\"", .controlCharacter, 2),
    ("\"\0\"", .controlCharacter, 1), ("\"\u{1f}\"", .controlCharacter, 1),
    ("\"\\u0000\"", .nullCharacter, 1), ("{\"a\\u0000\":1}", .nullCharacter, 3),
    ("\"\\ud800\"", .loneSurrogate, 1), ("\"\\udc00\"", .loneSurrogate, 1),
    ("\"a\\udfff\\ud800\"", .loneSurrogate, 2), ("\"\\ud800\\ud800\"", .loneSurrogate, 1),
    ("\"\\ud800\\u0061\"", .loneSurrogate, 1), ("\"\\ud800\\n\"", .loneSurrogate, 1),
    ("\"\\ud800x\"", .loneSurrogate, 1), ("\"\\ud800\\u\"", .syntax, 9),
    // Blanks that are none.
    ("\u{a0}1", .syntax, 0), ("\u{c}1", .syntax, 0), ("1\u{b}", .trailingBytes, 1),
    ("\u{2028}1", .syntax, 0), ("\u{feff}1", .byteOrderMark, 0),
    ("//x\n1", .syntax, 0), ("#x\n1", .syntax, 0), ("1//x", .trailingBytes, 1),
  ]

  @Test(arguments: refused)
  func `what the grammar or the values forbid is refused with its place`(
    text: String, code: JSONFault.Code, offset: Int
  ) {
    let fault = #expect(throws: JSONFault.self) { try Value(json: text) }
    #expect(fault?.code == code)
    #expect(fault?.offset == offset)
  }

  @Test(arguments: [
    ("22ff22", 1), ("22c08022", 1), ("22e0808022", 1), ("22eda08022", 1), ("22f490808022", 1),
    ("22f822", 1), ("22c3", 1), ("5b80", 1), ("fffe31003200", 0), ("ff", 0), ("31ff", 1),
  ])
  func `bytes that are no UTF-8 are refused wherever they stand`(hex: String, offset: Int) throws {
    let bytes = try #require(Hexadecimal.bytes(hex))
    let fault = #expect(throws: JSONFault.self) { try Value(json: bytes) }
    #expect(fault?.code == .invalidUTF8)
    #expect(fault?.offset == offset)
  }

  @Test(arguments: [
    ("3100", JSONFault.Code.trailingBytes), ("0031", .syntax), ("efbbbf", .byteOrderMark),
  ])
  func `other encodings are refused`(hex: String, code: JSONFault.Code) throws {
    let bytes = try #require(Hexadecimal.bytes(hex))
    #expect(throws: JSONFault.self) { try Value(json: bytes) }
    #expect((try? Value(json: bytes)) == nil)
    do throws(JSONFault) { _ = try Value(json: bytes) } catch { #expect(error.code == code) }
  }

  @Test func `a fault says line, column and pointer`() {
    let text = "{\n  \"tasks\": [\r\n    {\"é/~\": {\"x\": tru}}\n  ]\n}"
    let fault = #expect(throws: JSONFault.self) { try Value(json: text) }
    #expect(fault?.position == SourcePosition(line: 3, column: 19))
    #expect(fault?.pointer == "/tasks/0/é~1~0/x")
    #expect(fault?.finding.pointer == "/tasks/0/é~1~0/x")
    #expect(fault?.finding.code == "syntax")
    let whole = #expect(throws: JSONFault.self) { try Value(json: "[1] 2") }
    #expect(whole?.pointer == "")
    #expect(whole?.position == SourcePosition(line: 1, column: 5))
  }

  @Test func `a tree keeps places, order and the spelling of numbers`() throws {
    let node = try JSONNode(Array("{\"b\": 1.0, \"a\": [2]}".utf8))
    guard case .object(let members) = node.kind else {
      Issue.record("no object")
      return
    }
    #expect(members.map(\.name) == ["b", "a"])
    #expect(members.map(\.offset) == [1, 11])
    #expect(members[0].node == JSONNode(.number(.init(.integer(1), isWrittenWhole: false)), at: 6))
    #expect(
      members[1].node
        == JSONNode(
          .array([JSONNode(.number(.init(.integer(2), isWrittenWhole: true)), at: 17)]), at: 16))
  }
}
