/// Which topics a bus has.
public enum TopicDeclaration: Hashable, Sendable {
  /// One topic.
  case topic(String)
  /// Every topic whose name is this prefix and a name: `task.scheduled.` declares
  /// `task.scheduled.default`. They are made when they are first used.
  case family(prefix: String)
}

/// The grammar of topic names.
public enum TopicName {
  public static let bytesMax = 200

  /// 1 to 200 of a-z, 0-9, `.`, `-` and `_`, starting with a letter.
  public static func isValid(_ name: String) -> Bool {
    guard let first = name.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
      name.utf8.count <= bytesMax
    else { return false }
    return name.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }
  }

  /// Whether the declarations have a topic of this name.
  public static func isDeclared(_ name: String, in declarations: [TopicDeclaration]) -> Bool {
    isValid(name)
      && declarations.contains { declaration in
        switch declaration {
        case .topic(let topic): topic == name
        case .family(let prefix):
          name.utf8.count > prefix.utf8.count && name.utf8.starts(with: prefix.utf8)
        }
      }
  }
}
