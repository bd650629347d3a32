/// What is to be written as YAML: a tree whose keys keep their order.
indirect enum YAMLTree {
  /// Text, which gets quotes where it needs them.
  case text(String)
  /// A number, a boolean, null or a length of time, written as it is.
  case token(String)
  case list([YAMLTree])
  case map([(key: String, value: YAMLTree)])
  /// A map with one key per line, however short; `isSpread` leaves a line between its entries.
  case lines([(key: String, value: YAMLTree)], isSpread: Bool)

  init(_ value: Value) {
    switch value {
    case .null: self = .token("null")
    case .boolean(let flag): self = .token(flag ? "true" : "false")
    case .integer(let number): self = .token(String(number))
    case .decimal(let number): self = .token(number.text)
    case .string(let text): self = .text(text)
    case .array(let items): self = .list(items.map(YAMLTree.init))
    case .object(let members): self = .map(members.map { ($0.key, YAMLTree($0.value)) })
    }
  }
}

/// Writes block style, and flow style for what fits on a line.
struct YAMLWriter {
  private static let columnMax = 96
  /// Longer keys need the explicit form, by the grammar of YAML.
  private static let keyBytesMax = 900

  private var text = ""

  static func text(of tree: YAMLTree) -> String {
    var writer = YAMLWriter()
    writer.write(tree, indent: 0, column: 0)
    return writer.text
  }

  /// Writes the node where the cursor is, and ends the line.
  private mutating func write(_ tree: YAMLTree, indent: Int, column: Int) {
    switch tree {
    case .token(let token):
      text += token + "\n"
    case .text(let string):
      guard let block = YAMLScalar.block(string) else {
        text += YAMLScalar.text(string, in: .block) + "\n"
        return
      }
      text += block.header + "\n"
      for line in block.lines { text += line.isEmpty ? "\n" : spaces(indent) + line + "\n" }
    case .list(let items):
      if let line = inline(tree), column + line.utf8.count <= YAMLWriter.columnMax || items.isEmpty
      {
        text += line + "\n"
      } else {
        startLine(column)
        for item in items { write(item: item, indent: indent) }
      }
    case .map(let entries):
      if let line = inline(tree),
        column + line.utf8.count <= YAMLWriter.columnMax || entries.isEmpty
      {
        text += line + "\n"
      } else {
        startLine(column)
        write(entries, isSpread: false, indent: indent)
      }
    case .lines(let entries, let isSpread):
      startLine(column)
      write(entries, isSpread: isSpread, indent: indent)
    }
  }

  /// A block below a key starts on its own line; at the start of a line it is there already.
  private mutating func startLine(_ column: Int) {
    guard column > 0 else { return }
    if text.hasSuffix(" ") { text.removeLast() }
    text += "\n"
  }

  private mutating func write(item: YAMLTree, indent: Int) {
    text += spaces(indent) + "- "
    write(item, indent: indent + 2, column: indent + 2)
  }

  private mutating func write(
    _ entries: [(key: String, value: YAMLTree)], isSpread: Bool, indent: Int
  ) {
    for (place, entry) in entries.enumerated() {
      if isSpread, place > 0 { text += "\n" }
      let key = YAMLScalar.text(entry.key, in: .key)
      if key.utf8.count > YAMLWriter.keyBytesMax {
        text += spaces(indent) + "? " + key + "\n" + spaces(indent) + ": "
        write(entry.value, indent: indent + 2, column: indent + 2)
      } else {
        text += spaces(indent) + key + ": "
        write(entry.value, indent: indent + 2, column: indent + key.utf8.count + 2)
      }
    }
  }

  /// Flow style; nil when something in it needs lines of its own.
  private func inline(_ tree: YAMLTree) -> String? {
    switch tree {
    case .token(let token):
      return token
    case .text(let string):
      return YAMLScalar.block(string) == nil ? YAMLScalar.text(string, in: .flow) : nil
    case .list(let items):
      let parts = items.map(inline)
      return parts.contains(nil) ? nil : "[\(parts.compactMap { $0 }.joined(separator: ", "))]"
    case .map(let entries):
      var parts: [String] = []
      for entry in entries {
        let key = YAMLScalar.text(entry.key, in: .key)
        guard key.utf8.count <= YAMLWriter.keyBytesMax, let value = inline(entry.value) else {
          return nil
        }
        parts.append("\(key): \(value)")
      }
      return "{\(parts.joined(separator: ", "))}"
    case .lines(let entries, _):
      return entries.isEmpty ? "{}" : nil
    }
  }

  private func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }
}
