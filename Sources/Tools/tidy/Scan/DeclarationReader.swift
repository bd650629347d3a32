/// Finds declarations in a list of tokens.
struct DeclarationReader {
  let tokens: [Token]
  let partners: [Int]

  private static let accessWords: Set<String> = [
    "public", "package", "internal", "fileprivate", "private", "open",
  ]
  private static let importKinds: Set<String> = [
    "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
  ]
  private static let typeWords: Set<String> = [
    "struct", "class", "enum", "actor", "protocol", "typealias",
  ]
  /// A signature without a body ends where one of these begins.
  private static let declarationWords: Set<String> = [
    "func", "var", "let", "init", "deinit", "subscript", "static", "mutating", "case", "struct",
    "class", "enum", "actor", "protocol", "typealias", "associatedtype", "extension", "import",
    "public", "package", "internal", "fileprivate", "private", "open", "#if", "#else", "#elseif",
    "#endif", "return", "guard", "if", "for", "while", "switch", "try", "defer", "do", "override",
    "nonisolated", "final", "lazy", "weak",
  ]

  func imports() -> [ImportDeclaration] {
    indices(of: "import").compactMap { index in
      var place = index + 1
      if Self.importKinds.contains(text(place)) { place += 1 }
      guard place < tokens.count, tokens[place].kind == .word else { return nil }
      let access = modifiers(before: index).first { Self.accessWords.contains($0) }
      return ImportDeclaration(module: text(place), line: tokens[index].line, access: access)
    }
  }

  func types() -> [TypeDeclaration] {
    tokens.indices.compactMap { index in
      guard isDeclaration(index, Self.typeWords), index + 1 < tokens.count,
        text(index + 1).first?.isUppercase == true
      else { return nil }
      let modifiers = modifiers(before: index)
      return TypeDeclaration(
        keyword: text(index), name: text(index + 1), line: tokens[index].line,
        isPublic: modifiers.contains("public") || modifiers.contains("open"),
        genericCount: genericCount(at: index + 2))
    }
  }

  func functions() -> [FunctionDeclaration] {
    tokens.indices.compactMap { index in
      guard tokens[index].kind == .word, text(index - 1) != "." else { return nil }
      switch text(index) {
      case "func": return function(index, parametersFrom: index + 2)
      case "init", "subscript": return function(index, parametersFrom: index + 1)
      case "deinit": return body(index + 1).map { declaration(index, 0, $0.lowerBound, $0) }
      case "var": return property(index)
      default: return nil
      }
    }
  }

  private func function(_ index: Int, parametersFrom place: Int) -> FunctionDeclaration? {
    var place = skipGenerics(place)
    if ["?", "!"].contains(text(place)) { place = skipGenerics(place + 1) }
    guard text(place) == "(", partners[place] > place else { return nil }
    let (end, body) = signatureEnd(partners[place] + 1)
    return declaration(index, parameterCount(place), end, body)
  }

  /// A computed or observed property. One with a value (`= …`) is not looked at.
  private func property(_ index: Int) -> FunctionDeclaration? {
    guard text(index + 2) == ":" else { return nil }
    var place = index + 3
    while place < tokens.count {
      switch text(place) {
      case "{": return body(place).map { declaration(index, 0, place, $0) }
      case "(", "[": place = max(partners[place], place)
      case "=", "}", ")": return nil
      case let word where Self.declarationWords.contains(word): return nil
      default: break
      }
      place += 1
    }
    return nil
  }

  private func declaration(
    _ index: Int, _ parameterCount: Int, _ end: Int, _ body: ClosedRange<Int>?
  ) -> FunctionDeclaration {
    FunctionDeclaration(
      keyword: text(index), name: text(index) == "init" ? "init" : text(index + 1),
      line: tokens[index].line, parameterCount: parameterCount, signature: index..<end, body: body)
  }

  /// Where the signature ends, and the body when it has one.
  private func signatureEnd(_ start: Int) -> (end: Int, body: ClosedRange<Int>?) {
    var place = start
    while place < tokens.count {
      switch text(place) {
      case "{": return (place, body(place))
      case "(", "[": place = max(partners[place], place)
      case "}", ")", "]", ";", "=": return (place, nil)
      case let word where Self.declarationWords.contains(word): return (place, nil)
      default: break
      }
      place += 1
    }
    return (place, nil)
  }

  private func body(_ place: Int) -> ClosedRange<Int>? {
    guard text(place) == "{", partners[place] > place else { return nil }
    return place...partners[place]
  }

  private func parameterCount(_ open: Int) -> Int {
    let close = partners[open]
    guard close > open + 1 else { return 0 }
    var count = 1
    var angles = 0
    var place = open + 1
    while place < close {
      switch text(place) {
      case "(", "[", "{": place = max(partners[place], place)
      case ",": if angles == 0, place + 1 < close { count += 1 }
      default: angles += angleChange(place)
      }
      place += 1
    }
    return count
  }

  private func genericCount(at place: Int) -> Int {
    guard text(place).hasPrefix("<") else { return 0 }
    let end = skipGenerics(place)
    var angles = 0
    var count = 1
    for index in place..<end {
      if text(index) == ",", angles == 1 { count += 1 }
      angles += angleChange(index)
    }
    return count
  }

  /// The place after `<…>`, or the place itself when there is none.
  private func skipGenerics(_ start: Int) -> Int {
    guard text(start).hasPrefix("<") else { return start }
    var angles = 0
    var place = start
    while place < tokens.count {
      angles += angleChange(place)
      place += 1
      if angles <= 0 { return place }
    }
    return place
  }

  private func angleChange(_ index: Int) -> Int {
    let token = tokens[index]
    guard token.kind == .symbol, token.text != "->" else { return 0 }
    return token.text.utf8.reduce(0) { sum, byte in
      byte == UInt8(ascii: "<") ? sum + 1 : byte == UInt8(ascii: ">") ? sum - 1 : sum
    }
  }

  /// The words on the same line before a keyword, the nearest first.
  private func modifiers(before index: Int) -> [String] {
    let line = tokens[index].line
    return tokens[..<index].reversed().prefix { $0.line == line && $0.kind == .word }.map(\.text)
  }

  private func isDeclaration(_ index: Int, _ words: Set<String>) -> Bool {
    tokens[index].kind == .word && words.contains(text(index)) && text(index - 1) != "."
  }

  private func indices(of word: String) -> [Int] {
    tokens.indices.filter { tokens[$0].kind == .word && text($0) == word }
  }

  private func text(_ index: Int) -> String {
    tokens.indices.contains(index) ? tokens[index].text : ""
  }
}
