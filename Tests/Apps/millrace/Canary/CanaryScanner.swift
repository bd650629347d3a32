import Foundation

/// Something that nobody may see, and what it was given as.
struct Canary: Sendable {
  var kind: String
  var text: String
}

/// Looks for canaries in bytes, as they are and as they are usually written.
struct CanaryScanner: Sendable {
  struct Spelling: Sendable {
    var canary: String
    var form: String
    var bytes: [UInt8]
  }

  let spellings: [Spelling]

  init(_ canaries: [Canary]) {
    spellings = canaries.flatMap { canary in
      CanaryScanner.forms(of: canary.text).map { form, text in
        Spelling(canary: canary.kind, form: form, bytes: Array(text.utf8))
      }
    }
  }

  /// The word for each way to write it, and the text that must then be somewhere.
  static func forms(of text: String) -> [(String, String)] {
    let bytes = Array(text.utf8)
    let hexadecimal = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let percent = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
    var json = text
    for (plain, escaped) in [("\\", "\\\\"), ("\"", "\\\""), ("/", "\\/")] {
      json = json.replacing(plain, with: escaped)
    }
    var forms = [
      ("plain", text), ("hex", hexadecimal), ("HEX", hexadecimal.uppercased()),
      ("percent", percent), ("percent in small", small(percent)), ("JSON", json),
      ("JSON without slashes", json.replacing("\\/", with: "/")),
      ("reversed", String(text.reversed())),
    ]
    for shift in 0..<3 {
      let core = base64(bytes, shift: shift)
      forms.append(("base64 at \(shift)", core))
      forms.append(
        (
          "base64url at \(shift)",
          core.replacing("+", with: "-").replacing("/", with: "_")
        ))
    }
    return forms
  }

  /// What every Base64 of a text with these bytes has, when as many bytes stand before them.
  private static func base64(_ bytes: [UInt8], shift: Int) -> String {
    let padded = [UInt8](repeating: 0, count: shift) + bytes
    let text = Foundation.Data(padded).base64EncodedString()
    let whole = padded.count * 8 / 6
    let first = (shift * 8 + 5) / 6
    return String(text.prefix(whole).dropFirst(first))
  }

  /// Digits of escapes in small letters, and the rest as it is.
  private static func small(_ text: String) -> String {
    text.replacing(/%[0-9A-F]{2}/) { $0.output.lowercased() }
  }

  /// The canaries that are there, each with its form.
  func hits(in content: [UInt8]) -> [String] {
    let data = Foundation.Data(content)
    return spellings.filter { data.range(of: Foundation.Data($0.bytes)) != nil }.map {
      "\($0.canary), \($0.form)"
    }
  }

  func hits(in text: String) -> [String] { hits(in: Array(text.utf8)) }

  /// Every file below a folder, with what is in it.
  static func files(below folder: String) -> [(path: String, content: [UInt8])] {
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return names.sorted().compactMap { name in
      let path = "\(folder)/\(name)"
      guard let data = FileManager.default.contents(atPath: path) else { return nil }
      return (name, Array(data))
    }
  }
}
