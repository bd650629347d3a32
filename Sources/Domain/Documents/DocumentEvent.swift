/// A place in a document, both from 1; columns count Unicode scalars.
public struct SourcePosition: Hashable, Comparable, Sendable {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// The place of everything in a document that has no lines.
  public static let start = SourcePosition(line: 1, column: 1)

  public static func < (left: SourcePosition, right: SourcePosition) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// What a scanner reports of a YAML or JSON document, in order. Domain gives it meaning.
public struct DocumentEvent: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// A scalar. `isPlain` is true when it stood without quotes, and so may be null, a boolean or a
    /// number by the core schema of YAML 1.2.
    case scalar(String, isPlain: Bool)
    case sequenceStart
    case sequenceEnd
    case mappingStart
    case mappingEnd
  }

  public var kind: Kind
  public var position: SourcePosition
  /// Where the text of a scalar lies in the file.
  public var layout: ScalarLayout

  public init(
    _ kind: Kind, at position: SourcePosition, layout: ScalarLayout = .opaque
  ) {
    self.kind = kind
    self.position = position
    self.layout = layout
  }
}

/// How the text of a scalar lies in the file, so that a fault inside the text has a place there.
public enum ScalarLayout: Hashable, Sendable {
  /// Verbatim on one line; its first Unicode scalar stands here.
  case line(SourcePosition)
  /// A literal block: the text's lines are the file's lines from `firstLine`, each moved to the
  /// right by `indent` columns.
  case block(firstLine: Int, indent: Int)
  /// Escaped, folded or over several lines: only the start of the scalar is known.
  case opaque
}
