/// A text with secrets in it, by name: only the worker that runs the task fills them in.
public struct SecretText: Hashable, Sendable {
  public enum Piece: Hashable, Sendable {
    case text(String)
    case secret(SecretName)
  }

  public var pieces: [Piece]

  public init(_ pieces: [Piece]) {
    self.pieces = pieces
  }

  public var names: SortedSet<SecretName> {
    SortedSet(
      pieces.compactMap { piece in
        if case .secret(let name) = piece { name } else { nil }
      })
  }

  /// The whole text; nil when a value is missing.
  public func filled(_ values: SortedMap<SecretName, SecretValue>) -> String? {
    var text = ""
    for piece in pieces {
      switch piece {
      case .text(let part):
        text += part
      case .secret(let name):
        guard let value = values[name] else { return nil }
        text += value.text
      }
    }
    return text
  }
}

/// The value of a secret. Never printed.
public struct SecretValue: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
  /// Shorter ones would be found everywhere, and could not be masked.
  public static let bytesMin = 8
  public static let bytesMax = 32_768

  /// Why a text is no value.
  public enum Fault: Error, Hashable {
    case short, long, nul
  }

  public let text: String

  public init(_ text: String) throws(Fault) {
    guard text.utf8.count >= SecretValue.bytesMin else { throw .short }
    guard text.utf8.count <= SecretValue.bytesMax else { throw .long }
    guard !text.utf8.contains(0) else { throw .nul }
    self.text = text
  }

  public var description: String { "***" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
