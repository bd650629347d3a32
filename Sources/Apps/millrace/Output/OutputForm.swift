internal import Domain

/// How data is printed. The form never changes by itself when the output is piped.
enum OutputForm: String, CaseIterable {
  case table, json, jsonl, yaml, name

  init(_ call: Call) throws {
    let text = call.value("output") ?? call.environment["MILLRACE_OUTPUT"] ?? "table"
    guard let form = OutputForm(rawValue: text) else {
      throw Failure.usage(
        "-o takes \(OutputForm.allCases.map(\.rawValue).joined(separator: ", ")), not '\(text)'")
    }
    self = form
  }

  /// Whether errors are documents too.
  static func isDocument(_ call: Call) -> Bool {
    switch try? OutputForm(call) {
    case .json, .jsonl: true
    case .table, .yaml, .name, nil: false
    }
  }

  /// A list: as a table, one document, a document a line, or names.
  func print(_ items: [Value], name: (Value) -> String, table: () -> String) {
    switch self {
    case .table: Terminal.line(table())
    case .json: Terminal.line(Value.array(items).json)
    case .jsonl: for item in items { Terminal.line(item.json) }
    case .yaml: Terminal.write(YAMLText.of(.array(items)))
    case .name: for item in items { Terminal.line(name(item)) }
    }
  }

  /// One document.
  func print(_ item: Value, name: (Value) -> String, table: () -> String) {
    switch self {
    case .table: Terminal.line(table())
    case .json, .jsonl: Terminal.line(item.json)
    case .yaml: Terminal.write(YAMLText.of(item))
    case .name: Terminal.line(name(item))
    }
  }
}

/// A value as YAML: JSON's scalars, block collections.
enum YAMLText {
  static func of(_ value: Value) -> String {
    var text = ""
    write(value, indent: 0, isInline: false, into: &text)
    return text
  }

  private static func write(_ value: Value, indent: Int, isInline: Bool, into text: inout String) {
    let margin = String(repeating: " ", count: indent)
    switch value {
    case .object(let members) where !members.isEmpty:
      if isInline { text += "\n" }
      for (key, member) in members {
        text += margin + Value.string(key).json + ":"
        write(member, indent: indent + 2, isInline: true, into: &text)
      }
    case .array(let items) where !items.isEmpty:
      if isInline { text += "\n" }
      for item in items {
        text += margin + "-"
        write(item, indent: indent + 2, isInline: true, into: &text)
      }
    case .null, .boolean, .integer, .decimal, .string, .array, .object:
      text += (isInline ? " " : margin) + value.json + "\n"
    }
  }
}
