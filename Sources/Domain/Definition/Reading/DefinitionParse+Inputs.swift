// How inputs, outputs and their types are read.

extension DefinitionParse {
  private enum TypeWord: String, CaseIterable {
    case string, integer, number, boolean, array, object, any
  }

  mutating func inputs(_ cursor: SourceCursor) -> SortedMap<String, InputDefinition> {
    var inputs: [(String, InputDefinition)] = []
    for (key, value) in entries(cursor, of: "inputs", max: limits.inputsMax) {
      let name = memberName(key, "an input", of: value)
      let input = input(value)
      if let name, let input { inputs.append((name, input)) }
    }
    return SortedMap(inputs)
  }

  /// `ref: string` is short for `ref: {type: string}`.
  private mutating func input(_ cursor: SourceCursor) -> InputDefinition? {
    if cursor.scalar != nil, !cursor.isNull {
      return type(cursor).map { InputDefinition(type: $0) }
    }
    guard let map = map(cursor, .input) else { return nil }
    guard map["type"] != nil else {
      missing("type", in: cursor, "say what it is, such as type: string")
      return nil
    }
    guard let type = valueType(of: map) else { return nil }
    var input = InputDefinition(type: type)
    if let description = map["description"] {
      input.description = text(description, bytesMax: limits.descriptionBytesMax) ?? ""
    }
    if let pattern = map["pattern"] { input.pattern = self.pattern(pattern, for: type) }
    if let choices = map["choices"] { input.choices = self.choices(choices, for: input) }
    if let fallback = map["default"] { judgeWeight(fallback) }
    if let fallback = map["default"], let value = value(fallback) {
      if let fault = input.fault(of: value) { report(quoted(fault, fallback), at: fallback) }
      input.fallback = value
    }
    return input
  }

  private mutating func pattern(_ cursor: SourceCursor, for type: ValueType) -> Pattern? {
    guard type == .string else {
      conflict(cursor, with: "type: \(type.text)", hint: "only a string can have a pattern")
      return nil
    }
    guard let source = text(cursor) else { return nil }
    do {
      return try Pattern(source)
    } catch {
      report(
        Fault(error.code, error.message, hint: error.hint),
        at: cursor.position(ofScalar: error.offset), of: cursor)
      return nil
    }
  }

  private mutating func choices(_ cursor: SourceCursor, for input: InputDefinition) -> [Value] {
    let items = list(cursor, of: "values", max: limits.choicesMax)
    if items.isEmpty, cursor.items != nil {
      missing("value", in: cursor, "name at least one value or remove 'choices'")
    }
    var choices: [Value] = []
    for item in items {
      guard let value = value(item) else { continue }
      if let fault = input.fault(of: value) {
        report(quoted(fault, item), at: item)
      } else if choices.contains(value) {
        report(
          Fault("duplicate-name", "the value '\(value.text)' occurs twice", hint: "remove one"),
          at: item)
      } else {
        choices.append(value)
      }
    }
    return choices
  }

  /// A number that should be text most often only lacks its quotes.
  private func quoted(_ fault: Fault, _ cursor: SourceCursor) -> Fault {
    guard fault.code == "type-mismatch", let scalar = cursor.scalar, scalar.isPlain,
      !scalar.isNull
    else { return fault }
    var quoted = fault
    quoted.hint = "put it in quotes if it is text, or change the type"
    return quoted
  }

  mutating func outputs(_ cursor: SourceCursor) -> SortedMap<String, ValueType> {
    var outputs: [(String, ValueType)] = []
    for (key, value) in entries(cursor, of: "outputs", max: limits.outputsMax) {
      let name = memberName(key, "an output", of: value)
      let type = type(value)
      if let name, let type { outputs.append((name, type)) }
    }
    return SortedMap(outputs)
  }

  /// A name that expressions reach with a dot: as a slug, but upper case is allowed.
  private mutating func memberName(
    _ key: String, _ what: String, of cursor: SourceCursor
  ) -> String? {
    if Slug.isValid(key.lowercased()), key.utf8.count <= Slug.lengthMax { return key }
    report(
      Fault("invalid-name", "'\(key.prefix(80))' is no name for \(what)", hint: Slug.rule),
      at: cursor.ownerPosition, of: cursor)
    return nil
  }

  /// A type as one word, or as a map with `items` or `properties`.
  mutating func type(_ cursor: SourceCursor) -> ValueType? {
    if cursor.scalar != nil, !cursor.isNull {
      return word(cursor, TypeWord.self).map { word in simple(word) }
    }
    guard let map = map(cursor, .type) else { return nil }
    guard map["type"] != nil else {
      missing("type", in: cursor, "say what it is, such as type: string")
      return nil
    }
    return valueType(of: map)
  }

  private mutating func valueType(of map: SourceCursor) -> ValueType? {
    guard let type = map["type"], let word = word(type, TypeWord.self) else { return nil }
    if let items = map["items"], word != .array {
      conflict(items, with: "type: \(word.rawValue)", hint: "only an array has items")
    }
    if let properties = map["properties"], word != .object {
      conflict(properties, with: "type: \(word.rawValue)", hint: "only an object has properties")
    }
    switch word {
    case .array:
      guard let items = map["items"] else { return .array(of: .any) }
      return self.type(items).map { .array(of: $0) }
    case .object:
      guard let properties = map["properties"] else { return .object(nil) }
      return .object(outputs(properties))
    case .string, .integer, .number, .boolean, .any:
      return simple(word)
    }
  }

  private func simple(_ word: TypeWord) -> ValueType {
    switch word {
    case .string: .string
    case .integer: .integer
    case .number: .number
    case .boolean: .boolean
    case .array: .array(of: .any)
    case .object: .object(nil)
    case .any: .any
    }
  }
}

extension InputDefinition {
  /// Why `value` may not be passed; nil when it may.
  func fault(of value: Value) -> Fault? {
    if let mismatch = type.mismatch(of: value) {
      let place = mismatch.pointer.isEmpty ? "" : " at \(mismatch.pointer)"
      return Fault(
        "type-mismatch", "\(mismatch.message)\(place)", hint: "pass a value of type \(type.text)")
    }
    if let pattern, case .string(let text) = value, !pattern.matches(text) {
      return Fault(
        "pattern-mismatch", "'\(text.prefix(80))' does not match \(pattern.source)",
        hint: "the whole text must match the pattern")
    }
    if !choices.isEmpty, !choices.contains(value) {
      let words = choices.prefix(20).map(\.text)
      return Fault(
        "not-a-choice", "'\(value.text.prefix(80))' is not among the choices",
        hint: NearestMatch.of(value.text, among: words).map { "did you mean '\($0)'?" }
          ?? "choose one of \(words.joined(separator: ", "))")
    }
    return nil
  }
}
