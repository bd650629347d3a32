internal import Domain

/// A map of a scenario file whose keys are known, read one by one.
struct ScenarioNode {
  let node: SourceNode
  private let members: [SourceMember]

  /// - Throws: when it is no map, or has a key that is not among `keys`.
  init(_ node: SourceNode, _ keys: [String]) throws(Finding) {
    self.node = node
    guard case .mapping(let members) = node.kind else {
      throw Finding(
        code: "wrong-type", message: "this is no map", hint: "write `key: value` lines",
        position: node.position)
    }
    self.members = members
    for member in members where !keys.contains(member.key) {
      let near = NearestMatch.of(member.key, among: keys)
      throw Finding(
        code: "unknown-key", message: "there is no key `\(member.key)` here",
        hint: near.map { "did you mean `\($0)`?" } ?? "known are \(keys.joined(separator: ", "))",
        position: member.keyPosition)
    }
  }

  subscript(key: String) -> SourceNode? { members.first { $0.key == key }?.value }

  func map(_ key: String, _ keys: [String]) throws(Finding) -> ScenarioNode? {
    guard let node = self[key] else { return nil }
    return try ScenarioNode(node, keys)
  }

  func list(_ key: String) throws(Finding) -> [SourceNode] {
    guard let node = self[key] else { return [] }
    guard case .sequence(let items) = node.kind else {
      throw wrong(node, "`\(key)` is no list", "write `- item` lines, or [a, b]")
    }
    return items
  }

  func texts(_ key: String) throws(Finding) -> [String] {
    var texts: [String] = []
    for item in try list(key) {
      guard case .scalar(let scalar) = item.kind else {
        throw wrong(item, "an item of `\(key)` is no text", "write names only")
      }
      texts.append(scalar.text)
    }
    return texts
  }

  func text(_ key: String) throws(Finding) -> String? {
    guard let node = self[key] else { return nil }
    guard case .scalar(let scalar) = node.kind, !scalar.isNull else {
      throw wrong(node, "`\(key)` is no text", "write it in one line")
    }
    return scalar.text
  }

  func needed(_ key: String) throws(Finding) -> String {
    guard let text = try text(key) else {
      throw wrong(node, "`\(key)` is missing", "add `\(key): …`")
    }
    return text
  }

  /// A whole number, or two with `..` between.
  func numbers(_ key: String, within: ClosedRange<Int>) throws(Finding) -> ClosedRange<Int>? {
    guard let node = self[key] else { return nil }
    return try range(
      node, key,
      "a whole number or a range such as 2..5, within \(within.lowerBound)..\(within.upperBound)"
    ) { text in Int(text).flatMap { within.contains($0) ? $0 : nil } }
  }

  /// A length such as `90s`, or two with `..` between.
  func lengths(_ key: String) throws(Finding) -> ClosedRange<Duration>? {
    guard let node = self[key] else { return nil }
    return try range(node, key, "a length such as 500ms, or a range such as 1s..2m, up to 1h") {
      text in
      DurationText.duration(text).flatMap { $0 <= .seconds(3_600) ? $0 : nil }
    }
  }

  private func range<Bound: Comparable>(
    _ node: SourceNode, _ key: String, _ what: String, _ read: (String) -> Bound?
  ) throws(Finding) -> ClosedRange<Bound> {
    guard case .scalar(let scalar) = node.kind else {
      throw wrong(node, "`\(key)` is no range", what)
    }
    let parts = ScenarioNode.parts(scalar.text).map(read)
    guard let low = parts.first ?? nil, let high = parts.last ?? nil, parts.count <= 2, low <= high
    else { throw wrong(node, "`\(key)` is '\(scalar.text)'", "write \(what)") }
    return low...high
  }

  /// What stands before and after the first `..`.
  private static func parts(_ text: String) -> [String] {
    let characters = Array(text)
    guard
      let place = characters.indices.dropLast().first(where: {
        characters[$0] == "." && characters[$0 + 1] == "."
      })
    else { return [text] }
    return [String(characters[..<place]), String(characters[(place + 2)...])]
  }

  private func wrong(_ node: SourceNode, _ what: String, _ hint: String) -> Finding {
    Finding(code: "wrong-value", message: what, hint: hint, position: node.position)
  }
}
