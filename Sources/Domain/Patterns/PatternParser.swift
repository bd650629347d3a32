/// Reads the text of a pattern. Recursive descent, one method per level of the grammar.
struct PatternParser {
  private let scalars: [Unicode.Scalar]
  private var place = 0
  private var depth = 0

  private static let repetitionMax = 1_000

  init(_ source: String) {
    scalars = Array(source.unicodeScalars)
  }

  mutating func pattern() throws(PatternFault) -> PatternTree {
    let tree = try choice()
    guard place == scalars.count else {
      throw syntax("')' closes no group", hint: "write \\) for the character itself")
    }
    try check(size: tree, at: 0)
    return tree
  }

  private mutating func choice() throws(PatternFault) -> PatternTree {
    var branches = [try sequence()]
    while skip("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(PatternFault) -> PatternTree {
    var parts: [PatternTree] = []
    while let next = peek, next != "|", next != ")" {
      parts.append(try repetition())
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func repetition() throws(PatternFault) -> PatternTree {
    let part = try atom()
    let start = place
    guard let (least, most) = try quantifier() else { return part }
    if part == .start || part == .end {
      throw syntax("an anchor cannot be repeated", hint: "remove the quantifier", at: start)
    }
    if let next = peek {
      if next == "?" {
        throw unsupported(
          "lazy quantifiers are not supported",
          hint: "remove the '?': a match of the whole text is the same either way")
      }
      if next == "+" || next == "*" || next == "{" {
        throw syntax("a quantifier follows a quantifier", hint: "put the first in a group: (a*)+")
      }
    }
    let tree = PatternTree.repetition(part, least: least, most: most)
    try check(size: tree, at: start)
    return tree
  }

  private mutating func quantifier() throws(PatternFault) -> (Int, Int?)? {
    if skip("?") { return (0, 1) }
    if skip("*") { return (0, nil) }
    if skip("+") { return (1, nil) }
    guard peek == "{" else { return nil }
    let start = place
    place += 1
    guard let least = try count() else {
      throw syntax(
        "'{' starts no repetition", hint: "write \\{ for the character itself", at: start)
    }
    var most: Int? = least
    if skip(",") { most = try count() }
    guard skip("}") else {
      throw syntax("a repetition does not end", hint: "write {2}, {2,} or {2,5}", at: start)
    }
    if let most, most < least {
      throw syntax(
        "a repetition ends below its start", hint: "write {\(most),\(least)}", at: start)
    }
    return (least, most)
  }

  private mutating func count() throws(PatternFault) -> Int? {
    let start = place
    var number = 0
    while let next = peek, ("0"..."9").contains(next) {
      number = number * 10 + Int(next.value - 0x30)
      guard number <= PatternParser.repetitionMax else {
        throw PatternFault(
          code: "pattern-too-large",
          message: "more than \(PatternParser.repetitionMax) repetitions",
          hint: "use '*' or '+' and check the length apart", offset: start)
      }
      place += 1
    }
    return place == start ? nil : number
  }

  private mutating func atom() throws(PatternFault) -> PatternTree {
    let start = place
    guard let next = peek else { throw syntax("the pattern ends too early", hint: "complete it") }
    place += 1
    switch next {
    case "(":
      return try group(from: start)
    case "[":
      var reader = PatternClassReader(scalars, at: place)
      let set = try reader.set(from: start)
      place = reader.place
      return .scalar(set)
    case ".":
      return .scalar(.dot)
    case "^":
      return .start
    case "$":
      return .end
    case "\\":
      var reader = PatternClassReader(scalars, at: place)
      let set = try reader.escape(from: start)
      place = reader.place
      return .scalar(set)
    case "*", "+", "?", "{":
      throw syntax(
        "'\(next)' has nothing to repeat", hint: "write \\\(next) for the character itself",
        at: start)
    case "]", "}":
      throw syntax(
        "'\(next)' closes nothing", hint: "write \\\(next) for the character itself", at: start)
    default:
      return .scalar(ScalarSet(next))
    }
  }

  private mutating func group(from start: Int) throws(PatternFault) -> PatternTree {
    if skip("?") {
      guard skip(":") else {
        throw unsupported(
          "look-around, named groups and flags are not supported",
          hint: "only (…) and (?:…) are; describe the whole text instead", at: start)
      }
    }
    depth += 1
    guard depth <= Pattern.depthMax else {
      throw PatternFault(
        code: "pattern-too-large", message: "groups nest deeper than \(Pattern.depthMax) levels",
        hint: "write the pattern flatter", offset: start)
    }
    let tree = try choice()
    guard skip(")") else {
      throw syntax("a group does not end", hint: "close it with ')'", at: start)
    }
    depth -= 1
    return tree
  }

  private func check(size tree: PatternTree, at offset: Int) throws(PatternFault) {
    guard tree.size(limit: Pattern.programStepsMax) <= Pattern.programStepsMax else {
      throw PatternFault(
        code: "pattern-too-large",
        message:
          "the pattern has more than \(Pattern.programStepsMax) steps, repetition written out",
        hint: "use smaller counts, or '*' and '+'", offset: offset)
    }
  }

  private var peek: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

  private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar else { return false }
    place += 1
    return true
  }

  private func syntax(_ message: String, hint: String, at offset: Int? = nil) -> PatternFault {
    PatternFault(code: "pattern-syntax", message: message, hint: hint, offset: offset ?? place)
  }

  private func unsupported(_ message: String, hint: String, at offset: Int? = nil) -> PatternFault {
    PatternFault(code: "pattern-unsupported", message: message, hint: hint, offset: offset ?? place)
  }
}
