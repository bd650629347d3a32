import Testing

@testable import Domain

@Suite struct WordSplitterTests {
  @Test(arguments: [
    ("make test", ["make", "test"]), ("  a \t b\n c  ", ["a", "b", "c"]), ("", []),
    ("a ''", ["a", ""]), ("'two words' x", ["two words", "x"]), ("a'b c'd", ["ab cd"]),
    (#"say "it's""#, ["say", "it's"]), (#"a\ b \" \\"#, ["a b", "\"", "\\"]),
    (#""a \" \\ \n""#, [#"a " \ \n"#]), (#"'a\b'"#, [#"a\b"#]),
    ("echo $HOME *.c ~ `x` | y", ["echo", "$HOME", "*.c", "~", "`x`", "|", "y"]),
    ("a ${{ inputs.x }} b", ["a", "${{ inputs.x }}", "b"]),
    ("--x=${{ a == 'b }} c' }}y z", ["--x=${{ a == 'b }} c' }}y", "z"]),
    (#""${{ x }} y" '${{ a b }}'"#, ["${{ x }} y", "${{ a b }}"]),
    ("$${{ a b", ["$${{", "a", "b"]), ("a ${{ b c", ["a", "${{ b c"]),
  ])
  func `splits as a shell does, without expansion`(_ text: String, _ words: [String]) throws {
    #expect(try WordSplitter.words(text).map(\.text) == words)
  }

  @Test(arguments: [("a 'b", 2), (#"x "y z"#, 2), (#"ab\"#, 2), ("'", 0)])
  func `says where a quote was opened and not closed`(_ text: String, _ offset: Int) {
    let fault = #expect(throws: WordSplitter.Fault.self) { try WordSplitter.words(text) }
    #expect(fault?.offset == offset)
  }

  @Test func `every scalar of a word knows where it stood`() throws {
    let words = try WordSplitter.words(#"a "b\"c" d"#)
    #expect(words[1].text == #"b"c"#)
    #expect((0...3).map(words[1].origin) == [3, 5, 6, 7])
    #expect(words[2].origin(of: 0) == 9)
    #expect(words.map(\.isBare) == [true, false, true])
  }

  @Test func `text and words are each other's inverse`() throws {
    let pieces = [
      "a", " ", "'", "\"", "\\", "\n", "\t", "$", "${{ x == 'y z' }}", "$${{", "}}", "é", "|", "",
    ]
    for first in pieces {
      for second in pieces {
        for third in pieces {
          let words = [first + second + third, third + first]
          let text = WordSplitter.text(of: words)
          #expect(try WordSplitter.words(text).map(\.text) == words, "\(text)")
        }
      }
    }
  }
}
