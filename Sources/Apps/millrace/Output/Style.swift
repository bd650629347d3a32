/// Colours and glyphs of states: shape and word always, colour only where it helps.
struct Style: Sendable {
  let hasColor: Bool

  init(_ call: Call, isTerminal: Bool) {
    hasColor =
      isTerminal && !call.has("no-color") && call.environment["NO_COLOR"] == nil
      && call.environment["TERM"] != "dumb"
  }

  func state(_ word: String) -> String { paint("\(glyph(word)) \(word)", of: word) }

  func glyph(_ word: String) -> String {
    switch word {
    case "succeeded": "✓"
    case "failed", "timedOut", "lost", "quarantined": "✗"
    case "skipped": "⊘"
    case "cancelled": "⊗"
    case "running": "▶"
    case "cancelling", "backoff": "↻"
    default: "…"
    }
  }

  func paint(_ text: String, of word: String) -> String {
    guard hasColor else { return text }
    let code =
      switch word {
      case "succeeded": "32"
      case "failed", "timedOut", "lost", "quarantined": "31"
      case "running": "36"
      case "cancelling", "backoff", "cancelled": "33"
      default: "2"
      }
    return "\u{1b}[\(code)m\(text)\u{1b}[0m"
  }

  func faint(_ text: String) -> String { hasColor ? "\u{1b}[2m\(text)\u{1b}[0m" : text }
  func bold(_ text: String) -> String { hasColor ? "\u{1b}[1m\(text)\u{1b}[0m" : text }
}
