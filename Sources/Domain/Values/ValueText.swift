extension Value {
  /// The canonical JSON text: no blanks, members in the order of their names, the shortest escapes,
  /// decimals exact. Equal values in normal form have equal text.
  public var json: String {
    var bytes: [UInt8] = []
    JSONText.append(self, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What a template prints: a string as it is, null as nothing, everything else as `json`.
  public var text: String {
    switch self {
    case .string(let text): text
    case .null: ""
    case .boolean, .integer, .decimal, .array, .object: json
    }
  }

  /// The size in bytes of `json`: what limits on inline values count.
  public var weight: Int { weight(upTo: .max) }

  /// As `weight`, but stops counting once it exceeds `limit`, so that asking about a huge value
  /// costs no more than the limit.
  public func weight(upTo limit: Int) -> Int {
    var scale = Scale(limit: limit)
    scale.add(self)
    return scale.total
  }
}

/// Counts the bytes of canonical JSON without writing it.
private struct Scale {
  var total = 0
  var limit: Int

  init(limit: Int) { self.limit = limit }

  mutating func add(_ value: Value) {
    switch value {
    case .null: total += 4
    case .boolean(let flag): total += flag ? 4 : 5
    case .integer(let whole): total += String(whole).utf8.count
    case .decimal(let decimal): total += decimal.text.utf8.count
    case .string(let text): add(text)
    case .array(let items):
      total += 2 + max(items.count - 1, 0)
      for item in items {
        guard total <= limit else { return }
        add(item)
      }
    case .object(let members):
      total += 2 + max(members.count - 1, 0) + members.count
      for member in members {
        guard total <= limit else { return }
        add(member.key)
        add(member.value)
      }
    }
  }

  mutating func add(_ text: String) {
    total += 2 + text.utf8.count
    guard total <= limit else { return }
    for byte in text.utf8 {
      if let escape = JSONEscape(byte) { total += escape.text.utf8.count - 1 }
    }
  }
}
