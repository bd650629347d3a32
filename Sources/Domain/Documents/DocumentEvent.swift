/// A place in a document, both from 1; columns count Unicode scalars.
public struct SourcePosition: Hashable, Comparable, Sendable {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

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

  public init(_ kind: Kind, at position: SourcePosition) {
    self.kind = kind
    self.position = position
  }
}
