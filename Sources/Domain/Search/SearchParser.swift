/// What is wrong with a filter, where, and what would be right.
public struct SearchFault: Error, Hashable, Sendable {
  /// From 1, in characters.
  public var column: Int
  public var message: String
  public var hint: String
}

/// Reads filters:
///
///     state = failed AND label.team = "pay" AND started > -24h
///     (workflow IN (build, deploy) OR NOT "time-out") AND took >= 10m
///
/// `AND` binds closer than `OR`. Texts are words or stand in double quotes. Instants are those of
/// RFC 3339, days, or lengths before now with a minus.
public struct SearchParser: Sendable {
  public static let bytesMax = 4_096
  public static let testsMax = 100
  public static let choicesMax = 100
  static let depthMax = 32

  private let now: Moment
  private let states: [String]
  private var tokens: [SearchToken] = []
  private var place = 0
  private var tests = 0

  /// - Parameter states: the words that a state can be.
  private init(now: Moment, states: [String]) {
    self.now = now
    self.states = states
  }

  /// - Throws: the first thing that is wrong.
  public static func parse(
    _ text: String, now: Moment, states: [String]
  ) throws(SearchFault) -> SearchCondition {
    guard text.utf8.count <= bytesMax else {
      throw SearchFault(
        column: 1, message: "the filter is longer than \(bytesMax) bytes",
        hint: "ask for less at once")
    }
    var parser = SearchParser(now: now, states: states)
    parser.tokens = try SearchToken.all(of: text)
    let condition = try parser.any(depth: 0)
    let rest = parser.tokens[parser.place]
    guard rest.kind == .end else {
      throw SearchFault(
        column: rest.column, message: "\(rest) stands where nothing more is expected",
        hint: "join conditions with AND or OR")
    }
    return condition
  }

  // MARK: Conditions

  private mutating func any(depth: Int) throws(SearchFault) -> SearchCondition {
    var parts = [try all(depth: depth)]
    while take(word: "or") { parts.append(try all(depth: depth)) }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  private mutating func all(depth: Int) throws(SearchFault) -> SearchCondition {
    var parts = [try one(depth: depth)]
    while take(word: "and") { parts.append(try one(depth: depth)) }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private mutating func one(depth: Int) throws(SearchFault) -> SearchCondition {
    guard depth < SearchParser.depthMax else {
      throw fault("conditions are nested deeper than \(SearchParser.depthMax) levels", "write less")
    }
    if take(word: "not") { return .not(try one(depth: depth + 1)) }
    if take(.open) {
      let condition = try any(depth: depth + 1)
      guard take(.close) else { throw fault("a ')' is missing before \(current)", "close it") }
      return condition
    }
    return try test()
  }

  private mutating func test() throws(SearchFault) -> SearchCondition {
    tests += 1
    guard tests <= SearchParser.testsMax else {
      throw fault("there are more than \(SearchParser.testsMax) conditions", "ask for less at once")
    }
    if case .quoted(let text) = current.kind {
      let words = SearchWords.of(text)
      guard !words.isEmpty else { throw fault("the text has no words", "write what to look for") }
      place += 1
      return .test(.contains(.text, words))
    }
    let field = try field()
    if take(word: "in") { return .test(.word(field, try choices(for: field))) }
    if isWord("not"), isWord("in", ahead: 1) {
      place += 2
      return .not(.test(.word(field, try choices(for: field))))
    }
    guard case .relation(let relation) = current.kind else {
      throw fault("a comparison is missing before \(current)", "one of =, !=, <, <=, >, >=, IN")
    }
    place += 1
    return try compare(field, relation)
  }

  private mutating func field() throws(SearchFault) -> SearchField {
    let token = current
    guard case .word(let text) = token.kind else {
      throw fault("a condition is missing before \(token)", "such as state = failed")
    }
    place += 1
    if text.hasPrefix("label."), text.utf8.count > 6 { return .label(String(text.dropFirst(6))) }
    let name = text.lowercased()
    if let known = SearchField.named.first(where: { $0.name == name }) { return known.field }
    let names = SearchField.named.map(\.name) + ["label.KEY"]
    let near = NearestMatch.of(name, among: names).map { "did you mean '\($0)'?" }
    throw SearchFault(
      column: token.column, message: "there is no field '\(text.prefix(40))'",
      hint: near ?? "fields are \(names.joined(separator: ", "))")
  }

  // MARK: Comparisons

  private mutating func compare(
    _ field: SearchField, _ relation: String
  ) throws(SearchFault) -> SearchCondition {
    let token = current
    let text = try value()
    let isEqual = relation == "=" || relation == "!="
    let order = SearchOrder(rawValue: relation)
    switch field {
    case .state, .workflow, .version, .label:
      guard isEqual else { throw noOrder(token, "is compared with =, != or IN") }
      try check(text, field, token)
      return turned(.word(field, [text]), relation)
    case .error, .text:
      guard isEqual else { throw noOrder(token, "is searched for words with =") }
      let words = SearchWords.of(text)
      guard !words.isEmpty else {
        throw SearchFault(
          column: token.column, message: "the text has no words", hint: "write what to look for")
      }
      return turned(.contains(field, words), relation)
    case .created, .started, .ended:
      guard let order else { throw noOrder(token, "is compared with <, <=, > or >=") }
      guard let moment = moment(text) else {
        throw SearchFault(
          column: token.column, message: "'\(text.prefix(40))' is no instant",
          hint: "such as -24h, 2026-11-25 or 2026-11-25T08:00:00Z")
      }
      return .test(.moment(field, order, moment))
    case .wait, .took:
      guard let order else { throw noOrder(token, "is compared with <, <=, > or >=") }
      guard let length = DurationText.duration(text) else {
        throw SearchFault(
          column: token.column, message: "'\(text.prefix(40))' is no length of time",
          hint: DurationText.rule)
      }
      return .test(.length(field, order, length))
    }
  }

  private func turned(_ test: SearchTest, _ relation: String) -> SearchCondition {
    relation == "=" ? .test(test) : .not(.test(test))
  }

  private func noOrder(_ token: SearchToken, _ hint: String) -> SearchFault {
    SearchFault(
      column: token.column, message: "the comparison does not fit its field",
      hint: "the field \(hint)")
  }

  private mutating func choices(for field: SearchField) throws(SearchFault) -> [String] {
    switch field {
    case .state, .workflow, .version, .label: break
    case .error, .text, .created, .started, .ended, .wait, .took:
      throw fault("IN does not fit this field", "it fits state, workflow, version and labels")
    }
    guard take(.open) else { throw fault("a '(' is missing before \(current)", "IN (a, b)") }
    var choices: [String] = []
    repeat {
      let token = current
      let text = try value()
      try check(text, field, token)
      choices.append(text)
      guard choices.count <= SearchParser.choicesMax else {
        throw fault("there are more than \(SearchParser.choicesMax) choices", "ask for less")
      }
    } while take(.comma)
    guard take(.close) else { throw fault("a ')' is missing before \(current)", "close the list") }
    return choices
  }

  /// A state that does not exist would find nothing for ever.
  private func check(
    _ text: String, _ field: SearchField, _ token: SearchToken
  ) throws(SearchFault) {
    guard field == .state, !states.contains(text) else { return }
    let near = NearestMatch.of(text, among: states).map { "did you mean '\($0)'?" }
    throw SearchFault(
      column: token.column, message: "there is no state '\(text.prefix(40))'",
      hint: near ?? "states are \(states.joined(separator: ", "))")
  }

  private func moment(_ text: String) -> Moment? {
    if text == "now" { return now }
    if text.hasPrefix("-") {
      return DurationText.duration(text.dropFirst()).map { length in
        let (result, overflow) = now.microseconds.subtractingReportingOverflow(
          length.wholeMicroseconds)
        return Moment(microseconds: overflow ? .min : result)
      }
    }
    return Moment(text: text) ?? Moment(text: text + "T00:00:00Z")
  }

  // MARK: Tokens

  private var current: SearchToken { tokens[place] }

  private mutating func value() throws(SearchFault) -> String {
    switch current.kind {
    case .word(let text), .quoted(let text):
      place += 1
      return text
    case .relation, .open, .close, .comma, .end:
      throw fault("a value is missing before \(current)", "a word, or a text in double quotes")
    }
  }

  private func isWord(_ word: String, ahead: Int = 0) -> Bool {
    guard place + ahead < tokens.count, case .word(let text) = tokens[place + ahead].kind else {
      return false
    }
    return text.lowercased() == word
  }

  private mutating func take(word: String) -> Bool {
    guard isWord(word) else { return false }
    place += 1
    return true
  }

  private mutating func take(_ kind: SearchToken.Kind) -> Bool {
    guard current.kind == kind else { return false }
    place += 1
    return true
  }

  private func fault(_ message: String, _ hint: String) -> SearchFault {
    SearchFault(column: current.column, message: message, hint: hint)
  }
}
