internal import Domain
public import Ports

/// What every `DocumentScanner` promises.
public enum DocumentScannerContract {
  public static let cases: [ContractCase<any DocumentScanner>] =
    events + layouts + refusals + hostility

  private static let events: [ContractCase<any DocumentScanner>] = [
    ContractCase("reports keys and values in order with their places") { scanner in
      let events = try scanner.scan(text: "a: 1\nb:\n  - x\n  - 'y'\n")
      let places = events.map { "\($0.word) \($0.position.line):\($0.position.column)" }
      try expectEqual(
        Array(places.prefix(7)),
        ["{ 1:1", "a 1:1", "1 1:4", "b 2:1", "[ 3:3", "x 3:5", "'y' 4:5"])
      try expectEqual(events.map(\.word), ["{", "a", "1", "b", "[", "x", "'y'", "]", "}"])
    },
    ContractCase("reads JSON") { scanner in
      let events = try scanner.scan(text: #"{"a":[true,"x\n"],"b":null}"#)
      try expectEqual(
        events.map(\.word), ["{", "'a'", "[", "true", "'x\n'", "]", "'b'", "null", "}"])
    },
    ContractCase("only what stood without quotes is plain") { scanner in
      let events = try scanner.scan(text: "- no\n- 'no'\n- \"no\"\n- !!str no\n- |-\n  no\n")
      try expectEqual(events.map(\.word), ["[", "no", "'no'", "'no'", "'no'", "'no'", "]"])
    },
    ContractCase("a document without a value has no events") { scanner in
      try expectEqual(try scanner.scan([]), [])
      try expectEqual(try scanner.scan(text: "# nothing here\n"), [])
    },
    ContractCase("a value that is missing is an empty plain scalar") { scanner in
      let events = try scanner.scan(text: "a:\nb: 1\n")
      try expectEqual(events.map(\.word), ["{", "a", "", "b", "1", "}"])
    },
    ContractCase("columns count Unicode scalars, and a byte order mark is no column") { scanner in
      let events = try scanner.scan([0xef, 0xbb, 0xbf] + Array("ä€: 🙂b\n".utf8))
      try expectEqual(
        events.dropFirst().prefix(2).map(\.position),
        [SourcePosition(line: 1, column: 1), SourcePosition(line: 1, column: 5)])
    },
    ContractCase("lines end with LF, CR LF or CR") { scanner in
      let events = try scanner.scan(text: "a: 1\r\nb: 2\rc: 3\n")
      let lines = events.dropFirst().dropLast().map(\.position.line)
      try expectEqual(lines, [1, 1, 2, 2, 3, 3])
    },
    ContractCase("tags of the core schema are taken when they fit") { scanner in
      let events = try scanner.scan(text: "- !!int 1\n- !!map {a: !!seq []}\n- !!bool true\n")
      try expectEqual(events.map(\.word), ["[", "1", "{", "a", "[", "]", "}", "true", "]"])
    },
  ]

  private static let layouts: [ContractCase<any DocumentScanner>] = [
    ContractCase("text on one line is found to the column") { scanner in
      let events = try scanner.scan(text: "a: plain text\nb: 'quoted'\nc: \"quoted\"\n")
      try expectEqual(
        events.filter { $0.position.column > 1 }.map(\.layout),
        [
          .line(SourcePosition(line: 1, column: 4)), .line(SourcePosition(line: 2, column: 5)),
          .line(SourcePosition(line: 3, column: 5)),
        ])
    },
    ContractCase("text that was escaped or folded has no exact place") { scanner in
      let events = try scanner.scan(text: "- \"a\\tb\"\n- 'it''s'\n- a\n  b\n- >\n  a\n  b\n")
      try expectEqual(
        events.dropFirst().dropLast().map(\.layout), [.opaque, .opaque, .opaque, .opaque])
    },
    ContractCase("the lines of a literal block are lines of the file") { scanner in
      let events = try scanner.scan(
        text: "a:\n  b: | # why\n\n    first\n      second\n  c: |2-\n      x\n")
      try expectEqual(
        events.map(\.layout).filter { if case .block = $0 { true } else { false } },
        [.block(firstLine: 3, indent: 4), .block(firstLine: 7, indent: 4)])
    },
  ]

  private static let refusals: [ContractCase<any DocumentScanner>] = [
    refusal("anchors", "a: &x 1\n", code: "yaml-anchor", at: (1, 4)),
    refusal("anchors on collections", "a: 1\nb: &x\n  c: 1\n", code: "yaml-anchor", at: (2, 4)),
    refusal("aliases", "a: *x\n", code: "yaml-alias", at: (1, 4)),
    refusal("tags of one's own", "a: !mine 1\n", code: "yaml-tag", at: (1, 4)),
    refusal("core tags that do not fit", "a: !!int x\n", code: "yaml-tag", at: (1, 4)),
    refusal("tags with a handle", "- !!python/object:os.system {}\n", code: "yaml-tag", at: (1, 3)),
    refusal("a second document", "a: 1\n---\nb: 2\n", code: "yaml-several-documents", at: (2, 1)),
    refusal("a list that is not closed", "a: [1, 2\nb: 3\n", code: "yaml-syntax", at: (2, 2)),
    refusal("a tab as indentation", "a:\n\tb: 1\n", code: "yaml-syntax", at: (2, 1)),
    refusal("a quote that is not closed", "a: 1\nb: \"x\n", code: "yaml-syntax", at: (2, 4)),
    refusal("control characters", "a: \u{1}\n", code: "invalid-character", at: (1, 4)),
    refusal("line breaks of YAML 1.1", "a: b\u{2028}c\n", code: "invalid-character", at: (1, 5)),
    ContractCase("refuses bytes that are not UTF-8, saying where") { scanner in
      for bytes: [UInt8] in [
        [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf8, 0x88], [0xe2, 0x82],
      ] {
        let finding = try scanner.finding(Array("a: 1\nb: ".utf8) + bytes)
        try expectEqual(finding?.code, "invalid-utf8", "the code for \(bytes)")
        try expectEqual(finding?.position, SourcePosition(line: 2, column: 4))
      }
    },
    ContractCase("reads nesting of 32 and refuses 33") { scanner in
      for (open, close) in [("[", "]"), ("{a: ", "}")] {
        let deep = { (depth: Int) in
          String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        try expectEqual(try scanner.scan(text: deep(31)).count >= 63, true)
        try expectEqual(try scanner.finding(text: deep(32)), nil)
        try expectEqual(try scanner.finding(text: deep(33))?.code, "yaml-too-deep")
      }
    },
    ContractCase("reads 4 MiB and refuses one byte more") { scanner in
      let full = Array("a: ".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: (4 << 20) - 3)
      try expectEqual(try scanner.scan(full).count, 4)
      try expectEqual(try scanner.finding(full + [UInt8(ascii: "x")])?.code, "document-too-large")
    },
    ContractCase("every refusal says how to mend it") { scanner in
      for text in ["a: &x 1", "*a", "!x 1", "a: 1\n---\n", "[", "a: b: c", "\u{7f}", "'", "- a\nb"]
      {
        let finding = try expectPresent(try scanner.finding(text: text), "the finding for \(text)")
        try expect(!finding.hint.isEmpty, "\(finding.code) has no hint")
      }
    },
  ]

  private static let hostility: [ContractCase<any DocumentScanner>] = [
    ContractCase("a document of the smallest scalars is refused before it fills memory") {
      scanner in
      let bytes = Array("[".utf8) + Array(String(repeating: "a,", count: 2_000_000).utf8)
      try expectEqual(try scanner.finding(bytes)?.code, "document-too-large")
    },
    ContractCase("whatever the bytes, answers with events or with one finding") { scanner in
      var noise = Noise(seed: 7)
      for _ in 0..<3_000 {
        let text = noise.document()
        guard let events = try? scanner.scan(text) else { continue }
        try expectEqual(
          balance(of: events), 0, "the balance of \(String(decoding: text, as: UTF8.self))")
      }
    },
  ]

  private static func refusal(
    _ what: String, _ text: String, code: String, at place: (line: Int, column: Int)
  ) -> ContractCase<any DocumentScanner> {
    let position = SourcePosition(line: place.line, column: place.column)
    return ContractCase("refuses \(what)") { scanner in
      let finding = try scanner.finding(text: text)
      try expectEqual(finding?.code, code)
      try expectEqual(finding?.position, position)
    }
  }

  /// Starts minus ends.
  private static func balance(of events: [DocumentEvent]) -> Int {
    events.reduce(0) { depth, event in
      switch event.kind {
      case .mappingStart, .sequenceStart: depth + 1
      case .mappingEnd, .sequenceEnd: depth - 1
      case .scalar: depth
      }
    }
  }
}

extension DocumentScanner {
  fileprivate func scan(text: String) throws(Finding) -> [DocumentEvent] {
    try scan(Array(text.utf8))
  }

  fileprivate func finding(text: String) throws -> Finding? { try finding(Array(text.utf8)) }

  fileprivate func finding(_ bytes: [UInt8]) throws -> Finding? {
    do {
      _ = try scan(bytes)
      return nil
    } catch let finding {
      return finding
    }
  }
}

extension DocumentEvent {
  fileprivate var word: String {
    switch kind {
    case .scalar(let text, isPlain: true): text
    case .scalar(let text, isPlain: false): "'\(text)'"
    case .sequenceStart: "["
    case .sequenceEnd: "]"
    case .mappingStart: "{"
    case .mappingEnd: "}"
    }
  }
}

/// Documents put together from what parsers stumble over.
private struct Noise {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  private static let pieces: [[UInt8]] =
    [
      "a", ": ", ":", "- ", "-", "? ", "[", "]", "{", "}", ",", "\n", "\n  ", "\n    ", "|", ">",
      "|2+",
      "'", "\"", "\\", "\\x4", "\\u12", "#", " # c", "&a ", "*a", "!!str ", "!", "!<x>",
      "%YAML 1.2\n",
      "---", "\n---\n", "\n...\n", "\t", "@", "`", "~", "null", "1e9", "é", "🙂", "\r\n", "\r",
      "<<: ",
    ].map { Array($0.utf8) } + [
      [0xff], [0xe2, 0x82], [0xef, 0xbb, 0xbf], [0], [0xed, 0xa0, 0x80],
    ]

  mutating func document() -> [UInt8] {
    let count = Int(next() % 24) + 1
    return (0..<count).flatMap { _ in Noise.pieces[Int(next() % UInt64(Noise.pieces.count))] }
  }

  /// SplitMix64.
  private mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
