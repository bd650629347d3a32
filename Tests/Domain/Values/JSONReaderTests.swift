import Domain
import Testing

@Suite struct JSONReaderTests {
  @Test(arguments: [
    (" [ 1 , 2 ] ", "[1,2]"), ("{\"b\":1,\"a\":{}}", #"{"a":{},"b":1}"#),
    ("\"\\u00e9\\/\"", "\"é/\""),
    ("\"\\ud83d\\ude00\"", "\"😀\""), ("-0", "0"), ("1.0", "1"), ("\t\n\r true", "true"),
    ("\"\u{7f}\"", "\"\u{7f}\""), ("[[],{},\"\",null,false]", "[[],{},\"\",null,false]"),
    ("\"\\uDBFF\\uDFFF\"", "\"\u{10ffff}\""), ("\"\u{feff}\"", "\"\u{feff}\""),
  ])
  func `well-formed texts are read`(text: String, json: String) throws {
    #expect(try Value(json: text).json == json)
  }

  @Test(arguments: [
    "", " ", "1 2", "[1", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
    "{\"a\":1,\"a\":2}", "{\"\\u0061\":1,\"a\":2}", "'a'", "\"a", "\"\\x\"", "\"\\u12\"",
    "\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83dx\"", "\"\\ud83d\\u0041\"", "\"\n\"", "nul", "nullx",
    "True", "01", "+1", ".5", "1.", "1e", "NaN", "1e400", "9223372036854775808", "0.1234567891",
    "[1]]", "\u{feff}1", "\u{a0}1", "/**/1", "{\"a\":1}}", "\\u0031", "\"\\", "\"\\u", "-",
    "1111111111111111111111111111111111111111111",
  ])
  func `malformed or unfitting texts are refused within their bounds`(text: String) {
    let fault = #expect(throws: JSONFault.self) { try Value(json: text) }
    #expect((0...text.utf8.count).contains(fault?.offset ?? -1))
  }

  @Test func `limits hold exactly`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Never.self) { try Value(json: nested(32)) }
    #expect(throws: JSONFault.self) { try Value(json: nested(33)) }
    #expect(throws: JSONFault.self) { try Value(json: String(repeating: "[", count: 100_000)) }
    #expect(throws: JSONFault.self) { try Value(json: String(repeating: "{\"a\":", count: 50_000)) }

    func members(_ count: Int) -> String {
      "{" + (0..<count).map { "\"\($0)\":0" }.joined(separator: ",") + "}"
    }
    #expect(throws: Never.self) { try Value(json: members(1_000)) }
    #expect(throws: JSONFault.self) { try Value(json: members(1_001)) }
  }

  /// Cut, doubled or replaced bytes of a good text are read or refused, never worse.
  @Test func `no damage to a text breaks the reader`() {
    let text = Array(#"{"a":[1,-2.5e1,"\ud83d\ude00\n"],"b":{"c":null,"d":true}}"#.utf8)
    for seed in 0..<10_000 {
      var random = SeededRandom(UInt64(seed))
      var bytes = text
      for _ in 0...random.below(3) {
        let place = random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(random.pick(text), at: place)
        default: bytes[place] = UInt8(random.below(128))
        }
      }
      let damaged = String(decoding: bytes, as: UTF8.self)
      if let value = try? Value(json: damaged) {
        #expect((try? Value(json: value.json)) == value, "\(damaged)")
      }
    }
  }
}
