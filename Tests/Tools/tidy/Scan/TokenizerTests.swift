import Testing

@testable import tidy

@Suite struct TokenizerTests {
  private func words(_ text: String) -> [String] {
    Tokenizer.scan(Array(text.utf8)).tokens.filter { $0.kind == .word }.map(\.text)
  }

  private func shown(_ text: String) -> [String] {
    Tokenizer.scan(Array(text.utf8)).tokens.map(\.text)
  }

  @Test func `comments and literals hold no words`() {
    let text = """
      let a = "print(x)" // print(y)
      /* print(z) /* nested */ print(z) */ let b = #"say "print" \\(no)"#
      let c = /print+/
      let d = #/print/x/#
      """
    #expect(words(text) == ["let", "a", "let", "b", "let", "c", "let", "d"])
  }

  @Test func `code inside an interpolation is code`() {
    #expect(
      words(##"log("a \(name + "b \(inner)") c \#(no)") after"##) == [
        "log", "name", "inner", "after",
      ])
    #expect(words(##"log(#"a \(no) \#(yes)"#)"##) == ["log", "yes"])
  }

  @Test func `a block literal ends at its own quotes`() {
    let text = #"""
      let a = """
        one "quoted" print \(name)
        two \"""
        """
      let b = 1
      """#
    #expect(words(text) == ["let", "a", "name", "let", "b"])
    #expect(Tokenizer.scan(Array(text.utf8)).tokens.last?.line == 5)
  }

  @Test func `raw quotes inside a line literal do not open a block`() {
    #expect(words(##"let a = #"""# ; let b = """##) == ["let", "a", "let", "b"])
  }

  @Test func `names in back-ticks keep them, so they are never keywords`() {
    #expect(
      words("func `a late case` () { `default`: x }") == [
        "func", "`a late case`", "`default`", "x",
      ])
  }

  @Test func `operators, numbers and dots are cut where Swift cuts them`() {
    #expect(shown("a/b") == ["a", "/", "b"])
    #expect(shown("0..<n") == ["0", "..<", "n"])
    #expect(shown("1.5e3.x") == ["1.5e3", ".", "x"])
    #expect(shown("x!.y != !z") == ["x", "!", ".", "y", "!=", "!", "z"])
    #expect(shown("a +/* c */b") == ["a", "+", "b"])
  }

  @Test func `comments know their line and kind`() {
    let text = "/// says\n// why\n/* one\n   two */\n"
    #expect(
      Tokenizer.scan(Array(text.utf8)).comments == [
        Comment(text: "says", line: 1, isDocumentation: true),
        Comment(text: "why", line: 2, isDocumentation: false),
        Comment(text: "one", line: 3, isDocumentation: false),
        Comment(text: "two", line: 4, isDocumentation: false),
      ])
  }

  @Test(arguments: [
    "\"open", "\"\"\"\nopen", "/* open", "#\"open", "`open", "\"\\", "\"\\(", "\"\\(a", "#", "/",
    "\u{0}\u{7}", "a\\", "#/open", ")]}", "//", "/**/", "\"\"\"",
  ])
  func `broken text never traps`(text: String) {
    let source = SwiftSource(Array(text.utf8))
    #expect(source.partners.count == source.tokens.count)
  }

  @Test func `every prefix of real code can be read`() {
    let code = #"func f<T>(_ a: [Int: T]) throws -> T { let s = "x \(a[1]!) y"; return /re/ } // c"#
    let bytes = Array(code.utf8)
    for end in bytes.indices {
      let source = SwiftSource(Array(bytes[..<end]))
      #expect(source.lineLengths.count <= 1)
    }
  }
}
