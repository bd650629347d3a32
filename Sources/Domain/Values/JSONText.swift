/// How values are written as JSON, in one way everywhere.
public enum JSONText {
  /// The canonical text of a value: no blanks, members in the order of their names.
  public static func append(_ value: Value, to bytes: inout [UInt8]) {
    switch value {
    case .null: bytes += "null".utf8
    case .boolean(let flag): bytes += (flag ? "true" : "false").utf8
    case .integer(let whole): bytes += String(whole).utf8
    case .decimal(let decimal): bytes += decimal.text.utf8
    case .string(let text): append(text, to: &bytes)
    case .array(let items):
      bytes.append(UInt8(ascii: "["))
      for (place, item) in items.enumerated() {
        if place > 0 { bytes.append(UInt8(ascii: ",")) }
        append(item, to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for (place, member) in members.enumerated() {
        if place > 0 { bytes.append(UInt8(ascii: ",")) }
        append(member.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(member.value, to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  /// A string in quotes, with the shortest escapes.
  public static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      if utf8.contains(where: JSONEscape.isNeeded) {
        for byte in utf8 {
          if let escape = JSONEscape(byte) {
            bytes += escape.text.utf8
          } else {
            bytes.append(byte)
          }
        }
      } else {
        bytes.append(contentsOf: utf8)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// A name as a step of a JSON pointer (RFC 6901), without the slash in front.
  public static func pointerStep(_ name: String) -> String { SourcePath.escaped(name) }
}

/// How a byte that may not stand in a JSON string is written.
struct JSONEscape {
  var text: String

  static func isNeeded(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

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
