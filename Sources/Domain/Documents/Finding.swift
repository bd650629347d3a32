/// One thing that is wrong with a document, said so that its author can mend it.
public struct Finding: Error, Hashable, Sendable {
  public enum Severity: String, Hashable, Sendable, CaseIterable {
    /// The document is refused.
    case error
    /// The document is accepted, and surely or probably not what its author wants.
    case warning
  }

  public var severity: Severity
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
    code: String, message: String, hint: String, position: SourcePosition, pointer: String = "",
    severity: Severity = .error
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.hint = hint
    self.position = position
    self.pointer = pointer
  }
}

extension Finding: CustomStringConvertible {
  /// `3:5: error unknown-key: … (…)`, ready to stand behind a file's name.
  public var description: String {
    "\(position.line):\(position.column): \(severity.rawValue) \(code): \(message) (\(hint))"
  }
}
