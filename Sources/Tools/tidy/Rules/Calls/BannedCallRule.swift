/// Time, randomness, tasks and output each have one home.
struct BannedCallRule: FileRule {
  let name = "banned-call"
  let promise = "tasks, clocks, randomness, threads, output and loose formats stay in their homes"

  private let calls: [String: [BannedCall]]

  /// A name after one of these is being declared, not used.
  private static let declaring: Set<String> = [
    "func", "case", "let", "var", "struct", "class", "enum", "actor", "protocol", "typealias",
    "import", "extension",
  ]

  init(_ calls: [BannedCall] = BannedCall.all) {
    self.calls = Dictionary(grouping: calls) { $0.pattern.first ?? "" }
  }

  func violations(in file: Tree.SwiftFile) -> [Violation] {
    guard file.place.floor != nil else { return [] }
    let tokens = file.source.tokens
    var found: [Violation] = []
    for index in tokens.indices where tokens[index].kind != .string {
      guard let candidates = calls[tokens[index].text] else { continue }
      for call in candidates
      where matches(call, index, file.source) && !isAtHome(call, file) {
        found.append(
          violation(
            file.path, tokens[index].line,
            "`\(call.shown)` has no place in \(file.place.module ?? file.path)", cure: call.cure))
      }
    }
    return found
  }

  private func isAtHome(_ call: BannedCall, _ file: Tree.SwiftFile) -> Bool {
    if call.isFromC, !file.source.importsC { return true }
    if file.place.isTest, call.home.isTests { return true }
    guard let kind = file.place.kind else {
      return call.home.modules.contains { file.place.module == $0 + "Tests" }
    }
    return call.home.kinds.contains(kind) || call.home.modules.contains { $0 == file.place.module }
  }

  private func matches(_ call: BannedCall, _ start: Int, _ source: SwiftSource) -> Bool {
    let before = source.text(start - 1)
    if call.pattern[0] != ".", before == "." || Self.declaring.contains(before) { return false }
    var place = start
    for (offset, expected) in call.pattern.enumerated() {
      if offset == 1 { place = skipGenerics(place, source) }
      guard source.text(place) == expected else { return false }
      place += 1
    }
    return !(call.isAllowedWithUsing && hasUsing(start + 2, source))
  }

  private func skipGenerics(_ start: Int, _ source: SwiftSource) -> Int {
    guard source.text(start) == "<" else { return start }
    var place = start
    var depth = 0
    while place < source.tokens.count {
      for character in source.text(place) where source.tokens[place].kind == .symbol {
        if character == "<" { depth += 1 }
        if character == ">" { depth -= 1 }
      }
      place += 1
      if depth <= 0 { return place }
    }
    return place
  }

  private func hasUsing(_ open: Int, _ source: SwiftSource) -> Bool {
    let close = source.partners[open]
    guard close > open else { return false }
    return (open..<close).contains { source.text($0) == "using" && source.text($0 + 1) == ":" }
  }
}
