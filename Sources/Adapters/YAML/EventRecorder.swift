internal import CYAML
internal import Domain

/// Turns libyaml's events into ours and refuses what definitions may not have.
struct EventRecorder {
  private let text: SourceText
  private let limits: DocumentLimits
  private(set) var events: [DocumentEvent] = []
  private var depth = 0
  private var documents = 0
  /// Made when the first block is seen.
  private var lineStarts: [Int]?

  init(text: SourceText, limits: DocumentLimits) {
    self.text = text
    self.limits = limits
  }

  /// Takes one event of libyaml; it stays the caller's.
  mutating func record(_ event: yaml_event_t) throws(Finding) {
    let start = SourcePosition(event.start_mark)
    switch event.type {
    case YAML_DOCUMENT_START_EVENT:
      documents += 1
      guard documents == 1 else { throw Refusal.severalDocuments.finding(at: start) }
    case YAML_ALIAS_EVENT:
      throw Refusal.alias.finding(at: start)
    case YAML_SCALAR_EVENT:
      try recordScalar(event, at: start)
    case YAML_SEQUENCE_START_EVENT:
      let sequence = event.data.sequence_start
      try refuse(anchor: sequence.anchor, tag: sequence.tag, unless: "seq", at: start)
      try open(.sequenceStart, at: start)
    case YAML_MAPPING_START_EVENT:
      let mapping = event.data.mapping_start
      try refuse(anchor: mapping.anchor, tag: mapping.tag, unless: "map", at: start)
      try open(.mappingStart, at: start)
    case YAML_SEQUENCE_END_EVENT:
      depth -= 1
      try append(DocumentEvent(.sequenceEnd, at: start))
    case YAML_MAPPING_END_EVENT:
      depth -= 1
      try append(DocumentEvent(.mappingEnd, at: start))
    default:
      break
    }
  }

  private mutating func recordScalar(
    _ event: yaml_event_t, at start: SourcePosition
  ) throws(Finding) {
    let scalar = event.data.scalar
    guard scalar.anchor == nil else { throw Refusal.anchor.finding(at: start) }
    let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
    let value = String(decoding: bytes, as: UTF8.self)
    var isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
    if let tag = scalar.tag {
      isPlain = try isPlainUnderTag(String(cString: tag), value: value, isPlain: isPlain, at: start)
    }
    let layout = layout(of: value, style: scalar.style, event: event, at: start)
    try append(DocumentEvent(.scalar(value, isPlain: isPlain), at: start, layout: layout))
  }

  /// Whether the scalar resolves by the core schema when it has a tag of that schema.
  private func isPlainUnderTag(
    _ tag: String, value: String, isPlain: Bool, at start: SourcePosition
  ) throws(Finding) -> Bool {
    guard tag.hasPrefix(Refusal.corePrefix) else { throw Refusal.tag(tag).finding(at: start) }
    let name = tag.dropFirst(Refusal.corePrefix.count)
    if name == "str" { return false }
    let resolved = isPlain ? try? CoreSchema.resolve(value) : nil
    switch (name, resolved) {
    case ("null", .null), ("bool", .boolean), ("int", .integer), ("float", .decimal): return true
    default: throw Refusal.tag(tag).finding(at: start)
    }
  }

  private func refuse(
    anchor: UnsafeMutablePointer<yaml_char_t>?, tag: UnsafeMutablePointer<yaml_char_t>?,
    unless core: String, at start: SourcePosition
  ) throws(Finding) {
    guard anchor == nil else { throw Refusal.anchor.finding(at: start) }
    guard let tag else { return }
    let text = String(cString: tag)
    guard text == Refusal.corePrefix + core else { throw Refusal.tag(text).finding(at: start) }
  }

  private mutating func open(
    _ kind: DocumentEvent.Kind, at start: SourcePosition
  ) throws(Finding) {
    guard depth < limits.depthMax else {
      throw Refusal.tooDeep(limits.depthMax).finding(at: start)
    }
    depth += 1
    try append(DocumentEvent(kind, at: start))
  }

  private mutating func append(_ event: DocumentEvent) throws(Finding) {
    guard events.count < limits.eventsMax else {
      throw Refusal.tooManyParts(limits.eventsMax).finding(at: event.position)
    }
    events.append(event)
  }
}

extension EventRecorder {
  private mutating func layout(
    of value: String, style: yaml_scalar_style_t, event: yaml_event_t, at start: SourcePosition
  ) -> ScalarLayout {
    let end = SourcePosition(event.end_mark)
    switch style {
    case YAML_PLAIN_SCALAR_STYLE:
      return verbatim(value, from: start, to: end, quotes: 0)
    case YAML_SINGLE_QUOTED_SCALAR_STYLE, YAML_DOUBLE_QUOTED_SCALAR_STYLE:
      return verbatim(value, from: start, to: end, quotes: 1)
    case YAML_LITERAL_SCALAR_STYLE:
      return block(value, below: start.line)
    default:
      return .opaque
    }
  }

  /// Every escape and every tag makes the source longer than the text, so equal lengths on one line
  /// mean that the text stands there as it is.
  private func verbatim(
    _ value: String, from start: SourcePosition, to end: SourcePosition, quotes: Int
  ) -> ScalarLayout {
    guard start.line == end.line,
      end.column - start.column == value.unicodeScalars.count + 2 * quotes
    else { return .opaque }
    return .line(SourcePosition(line: start.line, column: start.column + quotes))
  }

  /// The indentation of a block is what its first line with text has more in the file than in the
  /// value.
  private mutating func block(_ value: String, below header: Int) -> ScalarLayout {
    let starts = lineStarts ?? text.lineStarts()
    lineStarts = starts
    var line = header
    for valueLine in value.split(separator: "\n", omittingEmptySubsequences: false) {
      defer { line += 1 }
      let kept = valueLine.utf8.prefix { $0 == UInt8(ascii: " ") }.count
      guard kept < valueLine.utf8.count else { continue }
      guard line < starts.count else { break }
      let spaces = text.bytes[starts[line]...].prefix { $0 == UInt8(ascii: " ") }.count
      guard spaces >= kept else { break }
      return .block(firstLine: header + 1, indent: spaces - kept)
    }
    return .opaque
  }
}

/// What the scanner refuses although libyaml can read it.
private enum Refusal {
  case anchor, alias, severalDocuments
  case tag(String)
  case tooDeep(Int)
  case tooManyParts(Int)

  static let corePrefix = "tag:yaml.org,2002:"

  func finding(at position: SourcePosition) -> Finding {
    let (code, message, hint) = words
    return Finding(code: code, message: message, hint: hint, position: position)
  }

  private var words: (code: String, message: String, hint: String) {
    switch self {
    case .anchor:
      (
        "yaml-anchor", "anchors are not allowed",
        "repeat the value, or put what tasks have in common under 'defaults:'"
      )
    case .alias:
      (
        "yaml-alias", "aliases are not allowed",
        "repeat the value, put what tasks have in common under 'defaults:', "
          + "or quote text that starts with *"
      )
    case .severalDocuments:
      (
        "yaml-several-documents", "a second document starts here",
        "write one workflow per file and remove the line ---"
      )
    case .tag(let tag):
      (
        "yaml-tag", "the tag \(tag.prefix(80)) is not allowed here",
        "remove the tag; put text in quotes and write numbers without"
      )
    case .tooDeep(let depth):
      (
        "yaml-too-deep", "the document is nested deeper than \(depth)",
        "flatten it; no part of a definition needs such depth"
      )
    case .tooManyParts(let parts):
      (
        "document-too-large", "the document has more than \(parts) parts",
        "split the workflow in two, or let one task with 'forEach' stand for many"
      )
    }
  }
}
