// How secrets are declared, and named by tasks.

/// `secrets.NAME`, and nothing else.
enum SecretReference {
  static func name(in source: String) -> String? {
    let word = source.drop(while: \.isWhitespace)
    guard word.hasPrefix("secrets.") else { return nil }
    let name = word.dropFirst("secrets.".count)
    let end = name.lastIndex { !$0.isWhitespace }
    guard let end, name[...end].allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else {
      return nil
    }
    return String(name[...end])
  }
}

extension DefinitionParse {
  /// The names of the secrets that tasks may name.
  mutating func secrets(_ cursor: SourceCursor) -> SortedSet<SecretName> {
    var names: SortedSet<SecretName> = []
    for item in list(cursor, of: "secrets", max: limits.secretsMax) {
      guard let text = text(item) else { continue }
      guard let name = SecretName(text) else {
        report(
          Fault(
            "invalid-name", "'\(text.prefix(80))' is no name for a secret", hint: SecretName.rule),
          at: item)
        continue
      }
      if !names.insert(name) {
        report(
          Fault("duplicate-name", "the secret '\(name)' occurs twice", hint: "remove one of them"),
          at: item)
      }
    }
    return names
  }

  mutating func secret(
    _ text: String, among declared: SortedSet<SecretName>, of cursor: SourceCursor,
    at position: SourcePosition
  ) -> SecretName? {
    if let name = SecretName(text), declared.contains(name) { return name }
    let near = suggestion(for: text, among: declared.lazy.map(\.text))
    report(
      Fault(
        "unknown-secret", "the workflow declares no secret '\(text.prefix(80))'",
        hint: near.map { "did you mean '\($0)'?" } ?? "add it to 'secrets' of the workflow"),
      at: position, of: cursor)
    return nil
  }

  /// A secret that no task names is given to none.
  mutating func judgeUse(of declared: SourceCursor, by workflow: WorkflowDefinition) {
    let used = workflow.usedSecrets
    for item in declared.items ?? [] {
      guard let text = item.scalar?.text, let name = SecretName(text), !used.contains(name) else {
        continue
      }
      report(
        .warning(
          "unused-secret", "no task names the secret '\(name)'",
          hint: "name it in env or in headers, as ${{ secrets.\(name) }}, or remove it"),
        at: item)
    }
  }
}
