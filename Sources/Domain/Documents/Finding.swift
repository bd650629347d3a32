/// One thing that is wrong with a document, said so that its author can mend it.
public struct Finding: Error, Hashable, Sendable {
  /// A stable word such as `unknown-key`, listed in `docs/definition.md`.
  public var code: String
  /// What is wrong, naming the thing.
  public var message: String
  /// How to mend it.
  public var hint: String
  public var position: SourcePosition
  /// The place in the document's structure, as a JSON pointer (RFC 6901).
  public var pointer: String

  public init(
    code: String, message: String, hint: String, position: SourcePosition, pointer: String = ""
  ) {
    self.code = code
    self.message = message
    self.hint = hint
    self.position = position
    self.pointer = pointer
  }
}
