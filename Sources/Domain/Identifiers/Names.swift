/// A name that a person chose: a slug of 1 to 63 characters, `^[a-z]([a-z0-9_-]{0,61}[a-z0-9])?$`.
///
/// Each kind of name has its own type; mixing two up does not compile. Equality is of bytes.
public protocol SlugName: Hashable, Comparable, Sendable, CustomStringConvertible {
  var text: String { get }
  init(unchecked text: String)
}

extension SlugName {
  public var description: String { text }

  /// Nil unless `text` is a slug.
  public init?(_ text: some StringProtocol) {
    guard Slug.isValid(text) else { return nil }
    self.init(unchecked: String(text))
  }

  public static func < (left: Self, right: Self) -> Bool {
    left.text < right.text
  }
}

/// The grammar shared by every name.
public enum Slug {
  public static let lengthMax = 63
  /// For messages: what a name may look like, in words.
  public static let rule =
    "1 to 63 of a-z, 0-9, '-' and '_', starting with a letter and ending with a letter or digit"

  public static func isValid(_ text: some StringProtocol) -> Bool { isValid(bytes: text.utf8) }

  static func isValid(bytes: some Collection<UInt8>) -> Bool {
    guard let first = bytes.first, isLetter(first), bytes.count <= lengthMax else { return false }
    var last = first
    for byte in bytes {
      guard
        isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      else { return false }
      last = byte
    }
    return isLetter(last) || isDigit(last)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

/// The tenant: part of every key, so that no read can leave it out.
public struct NamespaceName: SlugName {
  public let text: String
  public init(unchecked text: String) { self.text = text }
  public static let `default` = NamespaceName(unchecked: "default")
}

/// A workflow within its namespace.
public struct WorkflowName: SlugName {
  public let text: String
  public init(unchecked text: String) { self.text = text }
}

/// A task within its workflow.
public struct TaskName: SlugName {
  public let text: String
  public init(unchecked text: String) { self.text = text }
}

/// A pool of workers that take the same kind of tasks.
public struct PoolName: SlugName {
  public let text: String
  public init(unchecked text: String) { self.text = text }
  public static let `default` = PoolName(unchecked: "default")
}

/// The content hash of a definition's normal form: the same text is the same version.
public struct VersionID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let text: String
  public init(_ text: String) { self.text = text }
  public var description: String { text }
  public static func < (left: VersionID, right: VersionID) -> Bool { left.text < right.text }
}
