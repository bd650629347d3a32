extension Value {
  /// The canonical JSON text: no blanks, members in the order of their names, the shortest escapes,
  /// decimals exact. Equal values in normal form have equal text.
  public var json: String {
    var writer = JSONWriter()
    writer.write(self)
    return String(decoding: writer.bytes, as: UTF8.self)
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

/// Writes canonical JSON.
private struct JSONWriter {
  var bytes: [UInt8] = []

  mutating func write(_ value: Value) {
    switch value {
    case .null: bytes += "null".utf8
    case .boolean(let flag): bytes += (flag ? "true" : "false").utf8
    case .integer(let whole): bytes += String(whole).utf8
    case .decimal(let decimal): bytes += decimal.text.utf8
    case .string(let text): write(text)
    case .array(let items):
      bytes.append(UInt8(ascii: "["))
      for (place, item) in items.enumerated() {
        if place > 0 { bytes.append(UInt8(ascii: ",")) }
        write(item)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for (place, member) in members.enumerated() {
        if place > 0 { bytes.append(UInt8(ascii: ",")) }
        write(member.key)
        bytes.append(UInt8(ascii: ":"))
        write(member.value)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      if let escape = JSONEscape(byte) {
        bytes += escape.text.utf8
      } else {
        bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

/// How a byte that may not stand in a JSON string is written.
private struct JSONEscape {
  var text: String

  /// Nil when the byte stands for itself.
  init?(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): text = "\\\""
    case UInt8(ascii: "\\"): text = "\\\\"
    case 0x08: text = "\\b"
    case 0x09: text = "\\t"
    case 0x0a: text = "\\n"
    case 0x0c: text = "\\f"
    case 0x0d: text = "\\r"
    case 0x00...0x1f: text = "\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
    default: return nil
    }
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
