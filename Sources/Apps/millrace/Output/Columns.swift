/// Text as a terminal shows it: colour sequences take no room, East Asian characters two columns.
enum Columns {
  static func width(_ text: String) -> Int {
    var width = 0
    var isEscape = false
    for scalar in text.unicodeScalars { width += step(scalar, &isEscape) }
    return width
  }

  /// What fits into so many columns; what was cut off is shown as an ellipsis, and colours end.
  static func cut(_ text: String, to columns: Int) -> String {
    guard width(text) > columns, columns > 0 else { return text }
    var kept = ""
    var width = 0
    var isEscape = false
    var hasColor = false
    for scalar in text.unicodeScalars {
      let next = step(scalar, &isEscape)
      guard width + next < columns else { break }
      if scalar == "\u{1b}" { hasColor = true }
      width += next
      kept.unicodeScalars.append(scalar)
    }
    return kept + "…" + (hasColor ? "\u{1b}[0m" : "")
  }

  /// The columns of one character; `isEscape` is true within a colour sequence.
  private static func step(_ scalar: Unicode.Scalar, _ isEscape: inout Bool) -> Int {
    if scalar == "\u{1b}" { isEscape = true }
    if isEscape {
      if scalar == "m" { isEscape = false }
      return 0
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    return wide.contains { $0.contains(scalar.value) } ? 2 : 1
  }

  /// Wide and full-width characters (Unicode Standard Annex 11), by block.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff,
    0xa000...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
    0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1f9ff, 0x20000...0x3fffd,
  ]
}
