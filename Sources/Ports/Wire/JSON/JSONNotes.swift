internal import Domain

/// One thing that is wrong with a request; its line and column are only worked out when it is told.
struct JSONNote: Sendable {
  var code: String
  var message: String
  var hint: String
  var pointer: String
  var offset: Int

  init(_ code: String, _ message: String, hint: String, pointer: String, offset: Int) {
    self.code = code
    self.message = message
    self.hint = hint
    self.pointer = pointer
    self.offset = offset
  }
}

/// Everything that is wrong with a request, up to a limit: a hostile one has as many faults as it
/// has bytes.
struct JSONNotes: Sendable {
  private let findingsMax: Int
  private var notes: [JSONNote] = []
  /// Those beyond the limit included.
  private(set) var count = 0

  init(findingsMax: Int) {
    self.findingsMax = max(findingsMax, 1)
  }

  var isEmpty: Bool { count == 0 }

  mutating func add(_ note: JSONNote) {
    count += 1
    if notes.count < findingsMax { notes.append(note) }
  }

  /// In the order of the text.
  func findings(in bytes: [UInt8]) -> [Finding] {
    let sorted = notes.enumerated().sorted { left, right in
      (left.element.offset, left.offset) < (right.element.offset, right.offset)
    }
    let places = SourcePosition.places(ofBytes: sorted.map(\.element.offset), in: bytes)
    return zip(sorted, places).map { numbered, place in
      let note = numbered.element
      return Finding(
        code: note.code, message: note.message, hint: note.hint, position: place,
        pointer: note.pointer)
    }
  }

  // MARK: Words

  static func mistyped(
    _ subject: String, _ node: JSONNode, wanted: String, pointer: String
  ) -> JSONNote {
    JSONNote(
      "wrong-type", "\(subject) is \(noun(node))", hint: "it must be \(wanted)", pointer: pointer,
      offset: node.offset)
  }

  static func hint(for name: String, among known: [String]) -> String {
    if let nearest = NearestMatch.of(name, among: known) { return "did you mean '\(nearest)'?" }
    return known.isEmpty
      ? "nothing is known here" : "known are " + known.map { "'\($0)'" }.joined(separator: ", ")
  }

  /// A sender's text for a message: its beginning.
  static func short(_ text: String) -> String {
    let scalars = text.unicodeScalars.prefix(65)
    guard scalars.count > 64 else { return text }
    return String(String.UnicodeScalarView(scalars.dropLast())) + "…"
  }

  private static func noun(_ node: JSONNode) -> String {
    switch node.kind {
    case .null: "null"
    case .boolean: "true or false"
    case .number(let number):
      switch (number.value, number.isWrittenWhole) {
      case (.integer, true): "a whole number"
      case (.integer, false): "a number with a point or an exponent"
      default: "a number with a fraction"
      }
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
