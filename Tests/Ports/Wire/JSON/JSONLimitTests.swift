import Domain
import TestSupport
import Testing

@Suite struct JSONLimitTests {
  private func code(_ text: String, _ limits: JSONLimits = JSONLimits()) -> JSONFault.Code? {
    do throws(JSONFault) {
      _ = try Value(json: text, limits: limits)
      return nil
    } catch {
      return error.code
    }
  }

  @Test func `depth`() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(code(nested(31)) == nil)
    #expect(code(nested(32)) == nil)
    #expect(code(nested(33)) == .tooDeep)
    #expect(
      code(String(repeating: "{\"a\":", count: 32) + "1" + String(repeating: "}", count: 32)) == nil
    )
    #expect(
      code(String(repeating: "{\"a\":", count: 33) + "1" + String(repeating: "}", count: 33))
        == .tooDeep)
    #expect(code(String(repeating: "[", count: 1_000_000)) == .tooDeep)
    #expect(code("[[]]", JSONLimits(depthMax: 1)) == .tooDeep)
    #expect(code("1", JSONLimits(depthMax: 0)) == nil)
  }

  @Test func `members of an object`() {
    func members(_ count: Int) -> String {
      "{" + (0..<count).map { "\"\($0)\":0" }.joined(separator: ",") + "}"
    }
    #expect(code(members(999)) == nil)
    #expect(code(members(1_000)) == nil)
    #expect(code(members(1_001)) == .tooManyMembers)
    #expect(code("[" + members(1_000) + "," + members(1_000) + "]") == nil)
  }

  @Test func `bytes of a string, escapes counted as what they mean`() {
    func string(_ count: Int) -> String { "\"" + String(repeating: "x", count: count) + "\"" }
    #expect(code(string(65_535)) == nil)
    #expect(code(string(65_536)) == nil)
    #expect(code(string(65_537)) == .stringTooLong)
    let limits = JSONLimits(stringBytesMax: 4)
    #expect(code("\"\\u0061\\u0061\\u00e9\"", limits) == nil)
    #expect(code("\"\\u0061a\\u0061é\"", limits) == .stringTooLong)
    #expect(code("\"\\n\\n\\n\\n\\n\"", limits) == .stringTooLong)
    #expect(code("{\"abcde\":1}", limits) == .stringTooLong)
  }

  @Test func `characters of a number`() {
    func number(_ count: Int) -> String { "0." + String(repeating: "0", count: count - 2) }
    #expect(code(number(39)) == nil)
    #expect(code(number(40)) == nil)
    #expect(code(number(41)) == .numberTooLong)
    #expect(code(String(repeating: "9", count: 40)) == .numberOutOfRange)
    #expect(code(String(repeating: "9", count: 1_000_000)) == .numberTooLong)
  }

  @Test func `the null character, where it is allowed`() throws {
    var limits = JSONLimits()
    #expect(code("\"\\u0000\"", limits) == .nullCharacter)
    limits.isNullCharacterAllowed = true
    #expect(try Value(json: "\"a\\u0000b\"", limits: limits) == .string("a\0b"))
  }

  @Test func `more digits than a decimal has, where rounding is allowed`() throws {
    let limits = JSONLimits(isRounding: true)
    #expect(
      try Value(json: "0.30000000000000004", limits: limits)
        == .decimal(Decimal(scaled: 300_000_000)))
    #expect(code("1e400", limits) == .numberOutOfRange)
  }

  @Test func `duplicates among many members are found`() {
    let names = (0..<900).map { "\"\($0)\":0" }
    #expect(code("{" + (names + ["\"450\":1"]).joined(separator: ",") + "}") == .duplicateName)
    #expect(code("{" + names.joined(separator: ",") + "}") == nil)
  }

  /// Goal: no bytes trap the reader, every fault lies inside the text, and what is read is written
  /// as text that reads as the same.
  @Test func `damaged texts are refused or read, and then written stably`() throws {
    let seeds =
      (JSONGrammarTests.accepted.map(\.0) + JSONGrammarTests.refused.map(\.0) + [
        #"{"a":[1,-2.5e1,"\ud83d\ude00\n"],"b":{"c":null,"d":true},"é":"𝄞\u0041"}"#,
        #"[{"name":"build","needs":["a","b"],"retry":{"max":3,"delay":0.25}},[[[[]]]]]"#,
      ]).map { Array($0.utf8) }
    let alphabet = Array("{}[]:,\"\\u0d8eE+-.1 \n".utf8) + [0xc3, 0xed, 0xa0, 0xf0, 0xff, 0x00]
    var mutator = Mutator(seed: 3)
    var readCount = 0
    for _ in 0..<30_000 {
      let bytes = mutator.mutant(of: seeds[mutator.next(below: seeds.count)], alphabet: alphabet)
      do throws(JSONFault) {
        let value = try Value(json: bytes)
        readCount += 1
        #expect(try Value(json: value.json) == value)
      } catch {
        #expect((0...bytes.count).contains(error.offset))
      }
    }
    #expect(readCount > 1_000)
  }
}
