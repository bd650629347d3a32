/// A document as a tree in which every node and every key knows its place.
///
/// Scalars are not resolved yet: the same `1.10` is text in an environment and a number in a body,
/// and only the reader of the field knows which.
public struct SourceNode: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case scalar(SourceScalar)
    case sequence([SourceNode])
    /// In the order of the document; no key occurs twice.
    case mapping([SourceMember])
  }

  public var kind: Kind
  public var position: SourcePosition

  public init(_ kind: Kind, at position: SourcePosition) {
    self.kind = kind
    self.position = position
  }

  /// The tree of a value that was never text, such as a stored normal form: its places are all the
  /// start, its findings are told apart by their pointers.
  public init(value: Value) {
    position = .start
    switch value {
    case .null:
      kind = .scalar(SourceScalar("null", isPlain: true))
    case .boolean(let flag):
      kind = .scalar(SourceScalar(flag ? "true" : "false", isPlain: true))
    case .integer(let number):
      kind = .scalar(SourceScalar(String(number), isPlain: true))
    case .decimal(let number):
      kind = .scalar(SourceScalar(number.text, isPlain: true))
    case .string(let text):
      kind = .scalar(SourceScalar(text, isPlain: false))
    case .array(let items):
      kind = .sequence(items.map(SourceNode.init(value:)))
    case .object(let members):
      kind = .mapping(
        members.map { member in
          SourceMember(
            key: member.key, keyPosition: .start, value: SourceNode(value: member.value))
        })
    }
  }

  /// The bytes of all texts in it, keys included.
  var weight: Int {
    switch kind {
    case .scalar(let scalar): scalar.text.utf8.count
    case .sequence(let items): items.reduce(0) { $0 + $1.weight }
    case .mapping(let members): members.reduce(0) { $0 + $1.key.utf8.count + $1.value.weight }
    }
  }

  /// What the node is, in the words of a message.
  var noun: String {
    switch kind {
    case .scalar(let scalar): scalar.noun
    case .sequence: "a list"
    case .mapping: "a map"
    }
  }
}

/// A key of a mapping with its value.
public struct SourceMember: Hashable, Sendable {
  public var key: String
  public var keyPosition: SourcePosition
  public var value: SourceNode

  public init(key: String, keyPosition: SourcePosition, value: SourceNode) {
    self.key = key
    self.keyPosition = keyPosition
    self.value = value
  }
}

/// A scalar as it stood in the document.
public struct SourceScalar: Hashable, Sendable {
  public var text: String
  /// Without quotes, so that the core schema decides its type.
  public var isPlain: Bool
  public var layout: ScalarLayout

  public init(_ text: String, isPlain: Bool, layout: ScalarLayout = .opaque) {
    self.text = text
    self.isPlain = isPlain
    self.layout = layout
  }

  /// `null`, `~` or nothing at all.
  public var isNull: Bool { isPlain && CoreSchema.isNull(text) }

  var noun: String {
    guard isPlain, let value = try? CoreSchema.resolve(text) else { return "text" }
    return switch value {
    case .null: "empty"
    case .boolean: "a boolean"
    case .integer, .decimal: "a number"
    case .string, .array, .object: "text"
    }
  }

  /// The place in the file of the Unicode scalar at `offset` of the text; nil when it is not known.
  func position(ofScalar offset: Int) -> SourcePosition? {
    switch layout {
    case .line(let start):
      return SourcePosition(line: start.line, column: start.column + offset)
    case .block(let firstLine, let indent):
      var line = firstLine
      var column = indent + 1
      for scalar in text.unicodeScalars.prefix(offset) {
        if scalar == "\n" {
          line += 1
          column = indent + 1
        } else {
          column += 1
        }
      }
      return SourcePosition(line: line, column: column)
    case .opaque:
      return nil
    }
  }
}
