import Domain
import Testing

@testable import ExecutorsAdapter

struct OutputsFileTests {
  @Test func `lines, blocks and the last word on a name`() throws {
    let text = """
      a=1
      b=x=y<<z

      c<<END
      first
      a=not this

      END
      d<<E=F
      E=F
      a=2
      e=
      """
    #expect(
      try OutputsFile.parse(Array(text.utf8)) == [
        "a": "2", "b": "x=y<<z", "c": "first\na=not this\n", "d": "", "e": "",
      ])
  }

  @Test func `breaks of either kind`() throws {
    #expect(
      try OutputsFile.parse(Array("a=1\r\nb<<E\r\nx\r\nE\r\n".utf8)) == [
        "a": "1", "b": "x\r",
      ])
  }

  @Test(arguments: [
    ("a=1\njunk\n", 2), ("=1", 1), ("<<E", 1), ("a<<\n", 1), ("a<b", 1), ("x=1\na<<E\nb\n", 2),
  ])
  func `what is no output is refused with its line`(_ text: String, _ line: Int) throws {
    let fault = #expect(throws: OutputsFile.Fault.self) {
      try OutputsFile.parse(Array(text.utf8))
    }
    #expect(fault?.line == line)
  }

  @Test func `bytes that are no text are refused`() {
    #expect(throws: OutputsFile.Fault.self) { try OutputsFile.parse([0x61, 0x3d, 0xff]) }
  }

  @Test func `texts become values of the declared types`() throws {
    let declared: SortedMap<String, ValueType> = [
      "s": .string, "i": .integer, "l": .array(of: .string), "any": .any,
    ]
    let texts: SortedMap<String, String> = [
      "s": "12", "i": "12", "l": #"["a","b"]"#, "any": #"{"x":null}"#,
    ]
    #expect(
      try OutputsCheck.read(texts, declared: declared, bytesMax: 100) == [
        "s": .string("12"), "i": .integer(12), "l": .array([.string("a"), .string("b")]),
        "any": .object(["x": .null]),
      ])
  }

  @Test(
    arguments: [
      (["b": "1"], "output-undeclared"), (["a": "x"], "output-type"),
      (["a": #""1""#], "output-type"), ([:], "output-missing"),
      (["a": "12345678901"], "outputs-too-large"),
    ] as [(SortedMap<String, String>, String)])
  func `what was not declared so is refused`(
    _ texts: SortedMap<String, String>, _ code: String
  ) {
    let fault = #expect(throws: OutputsCheck.Fault.self) {
      try OutputsCheck.read(texts, declared: ["a": .integer], bytesMax: 10)
    }
    #expect(fault?.code == code)
  }
}
