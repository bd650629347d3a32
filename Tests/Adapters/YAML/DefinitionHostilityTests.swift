import Domain
import Testing
import YAMLAdapter

@Suite struct DefinitionHostilityTests {
  /// Goal: whatever the document, the reader answers: a definition without errors, or findings
  /// with a code, a message and a hint, in order.
  /// Method: good files with tokens of other good files put in, doubled, or cut out.
  @Test func `mangled definitions are answered, never trapped on`() throws {
    let texts = DefinitionFile.all(in: "good").map { String(decoding: $0.bytes, as: UTF8.self) }
    let tokens = texts.flatMap { self.tokens(of: $0) }
    var noise = MangleNoise(state: 5)
    for _ in 0..<1_000 {
      var mangled = self.tokens(of: texts[noise.below(texts.count)])
      for _ in 0...noise.below(4) where !mangled.isEmpty {
        let place = noise.below(mangled.count)
        switch noise.below(3) {
        case 0: mangled[place] = tokens[noise.below(tokens.count)]
        case 1: mangled.insert(tokens[noise.below(tokens.count)], at: place)
        default: mangled.remove(at: place)
        }
      }
      let reading = read(mangled.joined())
      let hasError = reading.findings.contains { $0.severity == .error }
      #expect((reading.definition == nil) == hasError, "\(mangled.joined())")
      #expect(reading.findings.allSatisfy { !$0.code.isEmpty && !$0.message.isEmpty })
      #expect(reading.findings.map(\.position) == reading.findings.map(\.position).sorted())
      if let definition = reading.definition {
        #expect(read(DefinitionText.yaml(of: definition)).definition == definition)
      }
    }
  }

  private func tokens(of text: String) -> [String] {
    var tokens: [String] = []
    for character in text {
      let isWord = character.isLetter || character.isNumber
      if isWord, let last = tokens.last?.last, last.isLetter || last.isNumber {
        tokens[tokens.count - 1].append(character)
      } else {
        tokens.append(String(character))
      }
    }
    return tokens
  }

  @Test func `a document full of mistakes stays cheap`() {
    let names = (0..<9_000).map { "  t\($0): {run: a, needs: [u\($0), v\($0)]}\n" }.joined()
    #expect(read("id: x\ntasks:\n" + names).findingsCount == 18_000)
    let keys = (0..<60_000).map { "k\($0): 1\n" }.joined()
    let reading = read("id: x\n" + keys)
    #expect(reading.findingsCount == 60_001)
    #expect(reading.findings.count == 100)
  }
}

/// SplitMix64.
private struct MangleNoise {
  var state: UInt64

  mutating func below(_ count: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((mixed ^ (mixed >> 31)) % UInt64(count))
  }
}
