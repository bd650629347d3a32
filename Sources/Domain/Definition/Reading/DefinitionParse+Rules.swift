// How what stands beside the work is read: labels, concurrency, notifications.

extension DefinitionParse {
  mutating func labels(_ cursor: SourceCursor) -> SortedMap<String, String> {
    var labels: [(String, String)] = []
    for (key, value) in entries(cursor, of: "labels", max: limits.labelsMax) {
      if !Slug.isValid(key) {
        report(
          Fault("invalid-name", "'\(key.prefix(80))' is no name for a label", hint: Slug.rule),
          at: value.ownerPosition, of: value)
      }
      guard let text = text(value, bytesMax: limits.labelValueBytesMax) else { continue }
      if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) {
        report(
          Fault(
            "invalid-text", "the label '\(key)' contains a control character",
            hint: "write it on one line without tabs"),
          at: value)
      }
      labels.append((key, text))
    }
    return SortedMap(labels)
  }

  mutating func concurrency(
    _ cursor: SourceCursor, in scope: ExpressionScope
  ) -> ConcurrencyRule? {
    guard let map = map(cursor, .concurrency) else { return nil }
    if map["key"] == nil { missing("key", in: cursor, "name what may not run side by side") }
    if map["limit"] == nil {
      missing("limit", in: cursor, "say how many may run, such as limit: 1")
    }
    let key = map["key"].flatMap { template($0, in: scope, bytesMax: limits.argumentBytesMax) }
    let limit = map["limit"].flatMap { integer($0, in: 1...10_000) }
    let onLimit = map["onLimit"].flatMap { word($0, ConcurrencyRule.OnLimit.self) } ?? .queue
    guard let key, let limit else { return nil }
    return ConcurrencyRule(key: key, limit: limit, onLimit: onLimit)
  }

  mutating func notifications(_ cursor: SourceCursor) -> [NotifyRule] {
    list(cursor, of: "notifications", max: limits.notificationsMax).compactMap { notification($0) }
  }

  private mutating func notification(_ cursor: SourceCursor) -> NotifyRule? {
    guard let map = map(cursor, .notify) else { return nil }
    var rule = NotifyRule(when: [])
    if let when = map["when"] {
      let words = list(when, of: "occasions", max: NotifyRule.Occasion.allCases.count)
        .compactMap { word($0, NotifyRule.Occasion.self) }
      rule.when = NotifyRule.Occasion.allCases.filter(words.contains)
    }
    if rule.when.isEmpty, map["when"]?.items?.isEmpty ?? true {
      missing("when", in: cursor, "say when: [finished], [failed] or [failed, recovered]")
    }
    if let email = map["email"] {
      rule.email = list(email, of: "addresses", max: limits.recipientsMax)
        .compactMap { address($0) }
    }
    if let webhook = map["webhook"] {
      rule.webhook = name(webhook, WorkflowName.self)?.text
    }
    if map["email"] == nil, map["webhook"] == nil {
      missing("email", in: cursor, "say whom to tell: email: [a@example.org] or webhook: name")
    }
    return rule
  }

  private mutating func address(_ cursor: SourceCursor) -> String? {
    guard let text = text(cursor, bytesMax: 254) else { return nil }
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    let isPrintable = text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: ",") }
    if parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), isPrintable { return text }
    report(
      Fault(
        "invalid-address", "'\(text.prefix(80))' is no e-mail address",
        hint: "write name@example.org, without a display name"),
      at: cursor)
    return nil
  }
}
