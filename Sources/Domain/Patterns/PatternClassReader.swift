/// Reads what stands for one scalar: escapes and bracketed classes.
struct PatternClassReader {
  private let scalars: [Unicode.Scalar]
  private(set) var place: Int

  init(_ scalars: [Unicode.Scalar], at place: Int) {
    self.scalars = scalars
    self.place = place
  }

  /// After the opening bracket, which stood at `start`; reads the closing one.
  mutating func set(from start: Int) throws(PatternFault) -> ScalarSet {
    let isInverted = skip("^")
    var set = ScalarSet([])
    var isEmpty = true
    while let next = peek, next != "]" {
      set = set.union(try entry())
      isEmpty = false
    }
    guard skip("]") else {
      throw syntax("a class does not end", hint: "close it with ']'", at: start)
    }
    guard !isEmpty else {
      throw syntax("a class is empty", hint: "write \\] for a bracket within it", at: start)
    }
    return isInverted ? set.inverted : set
  }

  /// After the backslash, which stood at `start`.
  mutating func escape(from start: Int) throws(PatternFault) -> ScalarSet {
    guard let next = peek else {
      throw syntax("a backslash ends the pattern", hint: "write \\\\ for the character", at: start)
    }
    place += 1
    switch next {
    case "d": return .digits
    case "D": return ScalarSet.digits.inverted
    case "w": return .word
    case "W": return ScalarSet.word.inverted
    case "s": return .blanks
    case "S": return ScalarSet.blanks.inverted
    case "n": return ScalarSet("\n")
    case "r": return ScalarSet("\r")
    case "t": return ScalarSet("\t")
    case "0"..."9":
      throw unsupported(
        "back-references are not supported", hint: "describe the whole text instead", at: start)
    case "a"..."z", "A"..."Z":
      throw unsupported(
        "the escape \\\(next) is not supported",
        hint: "there are \\d \\w \\s \\D \\W \\S \\n \\r \\t, and \\ before punctuation", at: start)
    default:
      return ScalarSet(next)
    }
  }

  /// One member of a class: a scalar, an escape or a range.
  private mutating func entry() throws(PatternFault) -> ScalarSet {
    let start = place
    if scalars[place...].starts(with: "[:".unicodeScalars) {
      throw unsupported(
        "named classes such as [:alpha:] are not supported", hint: "write a-z, or \\[ for '['",
        at: start)
    }
    let lower = try member()
    // A minus before the closing bracket stands for itself.
    guard peek == "-", place + 1 < scalars.count, scalars[place + 1] != "]" else { return lower }
    place += 1
    let upper = try member()
    guard let low = lower.only, let high = upper.only else {
      throw syntax(
        "a range ends with a class", hint: "write \\- for the character itself", at: start)
    }
    guard low <= high else {
      throw syntax("a range ends below its start", hint: "swap its ends", at: start)
    }
    return ScalarSet([low...high])
  }

  private mutating func member() throws(PatternFault) -> ScalarSet {
    let start = place
    guard let next = peek else { return ScalarSet([]) }
    place += 1
    return next == "\\" ? try escape(from: start) : ScalarSet(next)
  }

  private var peek: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

  private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar else { return false }
    place += 1
    return true
  }

  private func syntax(_ message: String, hint: String, at offset: Int) -> PatternFault {
    PatternFault(code: "pattern-syntax", message: message, hint: hint, offset: offset)
  }

  private func unsupported(_ message: String, hint: String, at offset: Int) -> PatternFault {
    PatternFault(code: "pattern-unsupported", message: message, hint: hint, offset: offset)
  }
}

extension ScalarSet {
  /// The member of a set of one.
  fileprivate var only: UInt32? {
    guard ranges.count == 1, let range = ranges.first, range.count == 1 else { return nil }
    return range.lowerBound
  }
}
