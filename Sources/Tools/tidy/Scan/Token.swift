/// One lexical piece of Swift code.
struct Token: Hashable, Sendable {
  enum Kind: Hashable, Sendable { case word, number, string, regex, symbol, punctuation }

  let kind: Kind
  /// As written, back-ticks and the `#` of directives included; empty for strings and regular
  /// expressions, so that what they say never looks like code.
  let text: String
  /// Counted from 1.
  let line: Int
  let hasSpaceBefore: Bool
}

/// A comment, or one line of a block comment.
struct Comment: Hashable, Sendable {
  /// Without the comment marks and the space around.
  let text: String
  let line: Int
  let isDocumentation: Bool
}
