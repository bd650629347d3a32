internal import CYAML
internal import Domain

/// Looks for comments: between two tokens there is nothing but white space and comments.
struct CommentSearch {
  let text: SourceText

  func found() throws(Finding) -> Bool {
    guard text.bytes.contains(UInt8(ascii: "#")) else { return false }
    var parser = try YAMLParser(text.bytes)
    var gap = Gap(bytes: text.bytes)
    while true {
      var token = try parser.nextToken()
      let type = token.type
      let start = Int(clamping: token.start_mark.index)
      let end = Int(clamping: token.end_mark.index)
      let isBlock =
        type == YAML_SCALAR_TOKEN
        && (token.data.scalar.style == YAML_LITERAL_SCALAR_STYLE
          || token.data.scalar.style == YAML_FOLDED_SCALAR_STYLE)
      yaml_token_delete(&token)
      if gap.hasComment(before: start) { return true }
      if isBlock, gap.headerHasComment() { return true }
      if type == YAML_STREAM_END_TOKEN || type == YAML_NO_TOKEN {
        return gap.hasComment(before: .max)
      }
      gap.skip(to: end)
    }
  }
}

/// The text between tokens, walked once from start to end.
private struct Gap {
  private let bytes: ArraySlice<UInt8>
  private var place: Int
  /// How many Unicode scalars lie before `place`, which is how libyaml counts.
  private var scalars = 0

  init(bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    place = bytes.startIndex
  }

  mutating func hasComment(before end: Int) -> Bool {
    while scalars < end, place < bytes.endIndex {
      if bytes[place] == UInt8(ascii: "#") { return true }
      step()
    }
    return false
  }

  /// Whether a `#` follows the `|` or `>` here, before the line ends.
  func headerHasComment() -> Bool {
    bytes[place...].prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
      .contains(UInt8(ascii: "#"))
  }

  mutating func skip(to end: Int) {
    while scalars < end, place < bytes.endIndex { step() }
  }

  private mutating func step() {
    place += 1
    while place < bytes.endIndex, bytes[place] & 0xc0 == 0x80 { place += 1 }
    scalars += 1
  }
}
