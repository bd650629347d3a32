// How the plain parts are read: maps with known keys, texts, numbers, words, names, lengths.

extension DefinitionParse {
  /// The cursor itself when it is a map, after its keys were judged.
  mutating func map(_ cursor: SourceCursor, _ table: KeyTable) -> SourceCursor? {
    guard let members = cursor.members else {
      wrongType(cursor, wanted: "a map", hint: "its keys are \(table.keys.joined(separator: ", "))")
      return nil
    }
    for (key, value) in members where !table.keys.contains(key) {
      let hint = table.hint(for: key, isSearching: maySearch())
      report(
        Fault("unknown-key", "unknown key '\(key.prefix(80))' in \(table.noun)", hint: hint),
        at: value.ownerPosition, of: value)
    }
    return cursor
  }

  /// The members of a map whose keys are the author's own.
  mutating func entries(
    _ cursor: SourceCursor, of noun: String, max count: Int
  ) -> [(key: String, value: SourceCursor)] {
    guard let members = cursor.members else {
      wrongType(cursor, wanted: "a map of \(noun)", hint: "write one 'name: …' per line below it")
      return []
    }
    tooMany(members.count, max: count, noun, at: cursor)
    return Array(members.prefix(count))
  }

  mutating func list(
    _ cursor: SourceCursor, of noun: String, max count: Int
  ) -> [SourceCursor] {
    guard let items = cursor.items else {
      wrongType(
        cursor, wanted: "a list of \(noun)", hint: "write it as [a, b] or as lines with '- '")
      return []
    }
    tooMany(items.count, max: count, noun, at: cursor)
    return Array(items.prefix(count))
  }

  private mutating func tooMany(_ count: Int, max: Int, _ noun: String, at cursor: SourceCursor) {
    guard count > max else { return }
    report(
      Fault(
        "too-many", "\(cursor.name) has \(count) \(noun); at most \(max) are allowed",
        hint: "leave some out or split the workflow"),
      at: cursor.ownerPosition, of: cursor)
  }

  mutating func wrongType(_ cursor: SourceCursor, wanted: String, hint: String) {
    report(
      Fault(
        "wrong-type", "\(cursor.name) must be \(wanted) and is \(cursor.node.noun)", hint: hint),
      at: cursor)
  }

  /// The text of a scalar as it was written: numbers and booleans keep their spelling.
  mutating func text(_ cursor: SourceCursor, bytesMax: Int = .max) -> String? {
    guard let scalar = cursor.scalar, !scalar.isNull else {
      wrongType(
        cursor, wanted: "text",
        hint: cursor.isNull
          ? "give it a value, write \"\" for no text, or remove the key"
          : "write text, in quotes if it has : { [ or #")
      return nil
    }
    let count = scalar.text.utf8.count
    guard count <= bytesMax else {
      report(
        Fault(
          "too-long", "\(cursor.name) has \(count) bytes; at most \(bytesMax) are allowed",
          hint: "shorten it, or bring long texts in through files"),
        at: cursor)
      return nil
    }
    guard !scalar.text.utf8.contains(0) else {
      report(
        Fault("invalid-text", "\(cursor.name) contains a NUL byte", hint: "remove \\0"), at: cursor)
      return nil
    }
    return scalar.text
  }

  mutating func integer(_ cursor: SourceCursor, in range: ClosedRange<Int>) -> Int? {
    guard let value = value(cursor) else { return nil }
    guard case .integer(let number) = value else {
      wrongType(cursor, wanted: "a whole number", hint: "write digits without quotes")
      return nil
    }
    guard let exact = Int(exactly: number), range.contains(exact) else {
      outOfRange(cursor, "\(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return exact
  }

  mutating func outOfRange(_ cursor: SourceCursor, _ range: String) {
    report(
      Fault(
        "out-of-range", "\(cursor.name) must be \(range) and is \(cursor.scalar?.text ?? "")",
        hint: "choose a value from \(range)"),
      at: cursor)
  }

  /// One word of a closed list.
  mutating func word<Word: CaseIterable & RawRepresentable<String>>(
    _ cursor: SourceCursor, _ type: Word.Type = Word.self
  ) -> Word? {
    let words = Word.allCases.map(\.rawValue)
    guard let text = text(cursor) else { return nil }
    if let word = Word(rawValue: text) { return word }
    let near = NearestMatch.of(text, among: words)
    report(
      Fault(
        "unknown-word", "'\(text.prefix(80))' is no value of \(cursor.name)",
        hint: near.map { "did you mean '\($0)'?" }
          ?? "choose one of \(words.joined(separator: ", "))"),
      at: cursor)
    return nil
  }

  mutating func name<Name: SlugName>(_ cursor: SourceCursor, _ type: Name.Type = Name.self) -> Name?
  {
    guard let text = text(cursor) else { return nil }
    return name(text, cursor.name, at: cursor.position, of: cursor)
  }

  /// A name that is a key, or a part of something.
  mutating func name<Name: SlugName>(
    _ text: String, _ what: String, at position: SourcePosition, of cursor: SourceCursor
  ) -> Name? {
    if let name = Name(text) { return name }
    report(
      Fault("invalid-name", "'\(text.prefix(80))' is no name for \(what)", hint: Slug.rule),
      at: position, of: cursor)
    return nil
  }

  /// A value by the core schema.
  mutating func value(_ cursor: SourceCursor) -> Value? {
    switch cursor.node.kind {
    case .scalar(let scalar):
      guard scalar.isPlain else { return .string(scalar.text) }
      do {
        return try CoreSchema.resolve(scalar.text)
      } catch {
        report(Fault(error.code, error.message, hint: error.hint), at: cursor)
        return nil
      }
    case .sequence:
      let items = (cursor.items ?? []).map { value($0) }
      return items.contains(nil) ? nil : .array(items.compactMap { $0 })
    case .mapping:
      var members: [(String, Value)] = []
      var isWhole = true
      for (key, member) in cursor.members ?? [] {
        if let value = value(member) { members.append((key, value)) } else { isWhole = false }
      }
      return isWhole ? .object(SortedMap(members)) : nil
    }
  }
}

/// A length of time, or that there is no limit.
enum DurationSetting {
  case unlimited
  case length(Duration)

  /// Nil when there is no limit.
  var length: Duration? {
    if case .length(let length) = self { return length }
    return nil
  }
}

extension DefinitionParse {
  mutating func duration(_ cursor: SourceCursor, from least: Duration) -> Duration? {
    guard let text = text(cursor) else { return nil }
    guard let duration = DurationText.duration(text) else {
      report(
        Fault(
          "invalid-duration", "'\(text.prefix(80))' is no length of time for \(cursor.name)",
          hint: durationHint(text)),
        at: cursor)
      return nil
    }
    guard duration >= least, duration <= limits.timeoutMax else {
      outOfRange(
        cursor, "\(DurationText.text(of: least)) to \(DurationText.text(of: limits.timeoutMax))")
      return nil
    }
    return duration
  }

  /// As `duration`, with `none` for no limit.
  mutating func durationSetting(_ cursor: SourceCursor) -> DurationSetting? {
    if cursor.scalar?.text == "none" { return .unlimited }
    return duration(cursor, from: .milliseconds(1)).map(DurationSetting.length)
  }

  private func durationHint(_ text: String) -> String {
    let isNumber = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    return isNumber && text.utf8.count < 10
      ? "add the unit: \(text)s or \(text)m"
      : "write \(DurationText.rule)"
  }
}
