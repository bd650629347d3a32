/// Splits the text of `run:` into the words of a command line, as a shell does and with nothing
/// else of a shell: quotes and backslashes, and no expansion of any kind.
///
/// Outside quotes blanks separate words and a backslash takes the next character as it is. Between
/// single quotes everything is itself; between double quotes a backslash escapes `"` and `\`.
/// `${{ … }}` belongs to its word as a whole, blanks and quotes inside it included.
struct WordSplitter {
  /// One word, and where each of its Unicode scalars stood in the text.
  struct Word: Hashable {
    var text = ""
    var origins: [Int] = []
    /// Without quotes and backslashes, so that a shell would have seen its special characters.
    var isBare = true
    var start: Int

    /// Where the scalar at `offset` of the word stood; the end of the word counts.
    func origin(of offset: Int) -> Int {
      if origins.indices.contains(offset) { return origins[offset] }
      return (origins.last ?? start - 1) + 1
    }
  }

  /// A quote or escape that does not end; `offset` is where it began.
  struct Fault: Error, Hashable {
    var message: String
    var hint: String
    var offset: Int
  }

  private let scalars: [Unicode.Scalar]
  private var place = 0
  private var words: [Word] = []
  private var word: Word?

  private init(_ text: String) {
    scalars = Array(text.unicodeScalars)
  }

  static func words(_ text: String) throws(Fault) -> [Word] {
    var splitter = WordSplitter(text)
    try splitter.split()
    return splitter.words
  }

  private mutating func split() throws(Fault) {
    while place < scalars.count {
      switch scalars[place] {
      case " ", "\t", "\n", "\r":
        finish()
        place += 1
      case "'":
        try singleQuoted()
      case "\"":
        try doubleQuoted()
      case "\\":
        try escaped()
      default:
        if !takeExpression() { take() }
      }
    }
    finish()
  }

  private mutating func finish() {
    if let word { words.append(word) }
    word = nil
  }

  private mutating func take() {
    // In place: a copy would make long words cost their square.
    if word == nil { word = Word(start: place) }
    word?.text.unicodeScalars.append(scalars[place])
    word?.origins.append(place)
    place += 1
  }

  /// Starts or goes on with a word that has a quote or a backslash here, even an empty one.
  private mutating func skipQuote() {
    if word == nil { word = Word(start: place) }
    word?.isBare = false
    place += 1
  }

  private mutating func singleQuoted() throws(Fault) {
    let start = place
    skipQuote()
    while place < scalars.count, scalars[place] != "'" {
      if !takeExpression() { take() }
    }
    try close(start, "'")
  }

  private mutating func doubleQuoted() throws(Fault) {
    let start = place
    skipQuote()
    while place < scalars.count, scalars[place] != "\"" {
      if scalars[place] == "\\", place + 1 < scalars.count,
        scalars[place + 1] == "\"" || scalars[place + 1] == "\\"
      {
        place += 1
        take()
      } else if !takeExpression() {
        take()
      }
    }
    try close(start, "\"")
  }

  private mutating func close(_ start: Int, _ quote: String) throws(Fault) {
    guard place < scalars.count else {
      throw Fault(
        message: "the quote \(quote) that starts here is not closed",
        hint: "close it, or write \\\(quote) for the character itself", offset: start)
    }
    place += 1
  }

  private mutating func escaped() throws(Fault) {
    let start = place
    skipQuote()
    guard place < scalars.count else {
      throw Fault(
        message: "nothing follows the backslash", hint: "write \\\\ for a backslash", offset: start)
    }
    take()
  }

  /// Takes `${{ … }}` verbatim; false when none starts here. One that does not end is taken to the
  /// end of the text, where the template's parser reports it.
  private mutating func takeExpression() -> Bool {
    guard let end = WordSplitter.endOfExpression(scalars, from: place) else { return false }
    while place < end { take() }
    return true
  }

  /// Where what starts here ends, when it is an expression or the escape `$${{`.
  private static func endOfExpression(_ scalars: [Unicode.Scalar], from start: Int) -> Int? {
    let rest = scalars[start...]
    if rest.starts(with: ["$", "$", "{", "{"]) { return start + 4 }
    guard rest.starts(with: ["$", "{", "{"]) else { return nil }
    var isInText = false
    var place = start + 3
    while place < scalars.count {
      if scalars[place] == "'" { isInText.toggle() }
      if !isInText, scalars[place...].starts(with: ["}", "}"]) { return place + 2 }
      place += 1
    }
    return place
  }
}

extension WordSplitter {
  /// The text that splits into `words`: the inverse, with as few quotes as possible. The words may
  /// hold `${{ … }}`.
  static func text(of words: [String]) -> String {
    words.map(quoted).joined(separator: " ")
  }

  private static func quoted(_ word: String) -> String {
    let scalars = Array(word.unicodeScalars)
    var text = ""
    var place = 0
    var needsQuotes = scalars.isEmpty
    while place < scalars.count {
      if let end = endOfExpression(scalars, from: place) {
        text.unicodeScalars.append(contentsOf: scalars[place..<end])
        place = end
        continue
      }
      switch scalars[place] {
      case "\"", "\\":
        text += "\\"
        needsQuotes = true
      case " ", "\t", "\n", "\r", "'":
        needsQuotes = true
      default:
        break
      }
      text.unicodeScalars.append(scalars[place])
      place += 1
    }
    return needsQuotes ? "\"\(text)\"" : text
  }
}
