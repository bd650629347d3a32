import Testing

@testable import Domain

@Suite struct SourceNodeBuilderTests {
  private func build(_ events: [DocumentEvent]) -> (SourceNode?, [String]) {
    var builder = SourceNodeBuilder(
      limits: DocumentLimits(), findings: FindingList(reportedMax: 100))
    let node = builder.build(events)
    let found = builder.findings.reported.map {
      "\($0.code) \($0.position.line):\($0.position.column)"
    }
    return (node, found)
  }

  private func events(_ words: String) -> [DocumentEvent] {
    words.split(separator: " ").enumerated().map { place, word in
      let kind: DocumentEvent.Kind =
        switch word {
        case "[": .sequenceStart
        case "]": .sequenceEnd
        case "{": .mappingStart
        case "}": .mappingEnd
        default: .scalar(String(word), isPlain: true)
        }
      return DocumentEvent(kind, at: SourcePosition(line: place + 1, column: 1))
    }
  }

  @Test func `keeps members in order with the places of their keys`() throws {
    let (node, found) = build(events("{ b [ x ] a 1 }"))
    #expect(found.isEmpty)
    let root = SourceCursor(root: try #require(node))
    #expect(root.members?.map(\.key) == ["b", "a"])
    #expect(root["a"]?.keyPosition == SourcePosition(line: 6, column: 1))
    #expect(root["b"]?.items?.first?.path.pointer == "/b/0")
  }

  @Test func `refuses a key that occurs twice and keeps the first`() throws {
    let (node, found) = build(events("{ a 1 b 2 a 3 }"))
    #expect(found == ["duplicate-key 6:1"])
    #expect(SourceCursor(root: try #require(node))["a"]?.scalar?.text == "1")
  }

  @Test func `finds a repeated key among thousands`() {
    let many = (0..<5_000).map { "k\($0) v" }.joined(separator: " ")
    #expect(build(events("{ \(many) k4000 v }")).1 == ["duplicate-key 10002:1"])
    #expect(build(events("{ \(many) }")).1.isEmpty)
  }

  @Test(arguments: ["{ [ a ] 1 b 2 }", "{ { a 1 } 1 b 2 }", "{ ~ 1 b 2 }"])
  func `refuses keys that are no text and reads on`(_ words: String) throws {
    let (node, found) = build(events(words))
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("key-not-text") == true)
    #expect(SourceCursor(root: try #require(node)).members?.map(\.key) == ["b"])
  }

  @Test(arguments: ["", "[", "{ a", "]", "a b", "[ }", "{ a 1 ] }"])
  func `answers events that make no document with a finding`(_ words: String) {
    let (node, found) = build(events(words))
    #expect(node == nil)
    #expect(found.count == 1)
  }

  @Test func `refuses depth beyond the limit`() {
    let deep = { (depth: Int) in
      events(
        (Array(repeating: "[", count: depth) + Array(repeating: "]", count: depth))
          .joined(separator: " "))
    }
    #expect(build(deep(32)).1.isEmpty)
    #expect(build(deep(33)).1 == ["yaml-too-deep 33:1"])
  }

  @Test func `a value becomes the tree that its text would be`() throws {
    let value = Value.object([
      "a/b": .array([.integer(1), .null, .boolean(true), .decimal(Decimal(scaled: 1_500_000_000))]),
      "c~": .string("1"),
    ])
    let root = SourceCursor(root: SourceNode(value: value))
    let items = try #require(root["a/b"]?.items)
    #expect(items.map { $0.node.noun } == ["a number", "empty", "a boolean", "a number"])
    #expect(items[3].path.pointer == "/a~1b/3")
    #expect(root["c~"]?.node.noun == "text")
    #expect(root["c~"]?.path.pointer == "/c~0")
  }

  @Test func `a place inside a text is a place in the file`() {
    let line = SourceScalar(
      "abc", isPlain: true, layout: .line(SourcePosition(line: 3, column: 7)))
    #expect(line.position(ofScalar: 2) == SourcePosition(line: 3, column: 9))
    let block = SourceScalar("a\nbc\n", isPlain: false, layout: .block(firstLine: 5, indent: 4))
    #expect(block.position(ofScalar: 3) == SourcePosition(line: 6, column: 6))
    #expect(SourceScalar("abc", isPlain: true).position(ofScalar: 1) == nil)
  }
}

@Suite struct FindingListTests {
  private func finding(_ line: Int, _ severity: Finding.Severity = .error) -> Finding {
    Finding(
      code: "x", message: "m", hint: "h", position: SourcePosition(line: line, column: 1),
      severity: severity)
  }

  @Test func `counts all and reports the first of the file in order`() {
    var list = FindingList(reportedMax: 3)
    for line in (1...1_000).reversed() { list.add(finding(line)) }
    #expect(list.count == 1_000)
    #expect(list.reported.map(\.position.line) == [1, 2, 3])
  }

  @Test func `warnings do not crowd out errors`() {
    var list = FindingList(reportedMax: 3)
    list.add(finding(900))
    for line in 1...100 { list.add(finding(line, .warning)) }
    #expect(list.reported.map(\.position.line) == [1, 2, 900])
    #expect(list.hasErrors)
  }

  @Test func `warnings alone are no errors`() {
    var list = FindingList(reportedMax: 3)
    list.add(finding(1, .warning))
    #expect(!list.hasErrors)
  }
}
