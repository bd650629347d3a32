/// One reading of one document: what was found so far, and how each kind of part is read.
///
/// A part that is wrong is reported and stands in as nil or as its default, so that the rest is
/// still judged; the definition is only used when nothing was wrong.
struct DefinitionParse {
  let limits: DefinitionLimits
  let engine: EngineSupport
  private(set) var findings: FindingList
  /// Known once the names, needs and outputs of all tasks were read.
  var outlines = TaskOutlines.none
  /// What the workflow declares: read before any task.
  var secrets: SortedSet<SecretName> = []
  /// A search among all task names costs their number; a hostile file has that many unknown names.
  private var searchesLeft = 200

  init(limits: DefinitionLimits, engine: EngineSupport, findings: FindingList) {
    self.limits = limits
    self.engine = engine
    self.findings = findings
  }

  mutating func report(_ fault: Fault, at cursor: SourceCursor) {
    report(fault, at: cursor.position, of: cursor)
  }

  /// Reports at a place that is not the start of the node, such as its key or a place in its text.
  mutating func report(_ fault: Fault, at position: SourcePosition, of cursor: SourceCursor) {
    findings.add(
      Finding(
        code: fault.code, message: fault.message, hint: fault.hint, position: position,
        pointer: cursor.path.pointer, severity: fault.severity))
  }

  /// Whether one more search is affordable; takes it.
  mutating func maySearch() -> Bool {
    searchesLeft -= 1
    return searchesLeft >= 0
  }

  /// The name most like `word` among `candidates`, as long as searching is affordable.
  mutating func suggestion(for word: String, among candidates: some Sequence<String>) -> String? {
    maySearch() ? NearestMatch.of(word, among: candidates) : nil
  }
}

/// What is wrong, before it has a place.
struct Fault {
  var code: String
  var message: String
  var hint: String
  var severity = Finding.Severity.error

  init(_ code: String, _ message: String, hint: String) {
    self.code = code
    self.message = message
    self.hint = hint
  }

  static func warning(_ code: String, _ message: String, hint: String) -> Fault {
    var fault = Fault(code, message, hint: hint)
    fault.severity = .warning
    return fault
  }
}
