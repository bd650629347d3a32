/// Where order decides what happens next, it never depends on hashing.
struct OrderedCollectionRule: FileRule {
  let name = "ordered-collections"
  let promise = "cores, services and simulation name neither Dictionary nor Set"

  private static let kinds: [Floor.Kind] = [.core, .kit, .service, .simulation]
  private static let valueStarts: Set<String> = ["[", "(", "any", "some", "@"]

  func violations(in file: Tree.SwiftFile) -> [Violation] {
    guard let kind = file.place.kind, Self.kinds.contains(kind) else { return [] }
    let source = file.source
    return source.tokens.indices.compactMap { index in
      guard let what = hashed(index, source) else { return nil }
      return violation(
        file.path, source.tokens[index].line, "\(what) has no stable order",
        cure: "use SortedMap or SortedSet of Domain")
    }
  }

  private func hashed(_ index: Int, _ source: SwiftSource) -> String? {
    let token = source.tokens[index]
    switch token.text {
    case "Dictionary", "Set":
      return token.kind == .word && source.text(index - 1) != "." ? token.text : nil
    case "[":
      if isMapType(index, source) { return "the type [Key: Value]" }
      if isUntypedLiteral(index, source) { return "a map literal without a type" }
      return nil
    default: return nil
    }
  }

  /// `[Key: Value]`, both starting like types.
  private func isMapType(_ open: Int, _ source: SwiftSource) -> Bool {
    guard startsUpper(open + 1, source), let colon = colon(in: open, source) else { return false }
    let key = (open + 1)..<colon
    let isType = key.allSatisfy { place in
      source.tokens[place].kind == .symbol || [".", ",", "[", "]"].contains(source.text(place))
        || startsUpper(place, source)
    }
    return isType
      && (startsUpper(colon + 1, source) || Self.valueStarts.contains(source.text(colon + 1)))
  }

  /// `let ages = ["ada": 36]` is a Dictionary by inference.
  private func isUntypedLiteral(_ open: Int, _ source: SwiftSource) -> Bool {
    source.text(open - 1) == "=" && ["let", "var"].contains(source.text(open - 3))
      && colon(in: open, source) != nil
  }

  /// The first colon directly inside the bracket, unless it belongs to `a ? b : c`.
  private func colon(in open: Int, _ source: SwiftSource) -> Int? {
    var place = open + 1
    while place < source.partners[open] {
      switch source.text(place) {
      case "(", "[", "{": place = max(source.partners[place], place)
      case "?" where source.tokens[place].hasSpaceBefore: return nil
      case ":": return place
      default: break
      }
      place += 1
    }
    return nil
  }

  private func startsUpper(_ index: Int, _ source: SwiftSource) -> Bool {
    source.text(index).first?.isUppercase == true
  }
}
