/// A node together with the way to it, made while a reader descends.
struct SourceCursor {
  let node: SourceNode
  let path: SourcePath
  /// Where the key stands that leads here; nil at the root and in lists.
  let keyPosition: SourcePosition?

  init(root node: SourceNode) {
    self.node = node
    path = .root
    keyPosition = nil
  }

  private init(_ node: SourceNode, _ path: SourcePath, keyPosition: SourcePosition?) {
    self.node = node
    self.path = path
    self.keyPosition = keyPosition
  }

  var position: SourcePosition { node.position }
  /// Where something is reported that should be below and is not.
  var ownerPosition: SourcePosition { keyPosition ?? node.position }

  /// The key or index that leads here, for messages.
  var name: String {
    switch path {
    case .root: "the document"
    case .key(let key, _): "'\(key)'"
    case .index(let index, _): "item \(index + 1)"
    }
  }

  var scalar: SourceScalar? {
    if case .scalar(let scalar) = node.kind { return scalar }
    return nil
  }

  /// Where the scalar at `offset` of the text stands in the file, as exactly as is known.
  func position(ofScalar offset: Int) -> SourcePosition {
    scalar?.position(ofScalar: offset) ?? position
  }

  var isNull: Bool { scalar?.isNull ?? false }

  /// Nil unless the node is a list.
  var items: [SourceCursor]? {
    guard case .sequence(let items) = node.kind else { return nil }
    return items.enumerated().map { index, item in
      SourceCursor(item, .index(index, path), keyPosition: nil)
    }
  }

  /// Nil unless the node is a map.
  var members: [(key: String, value: SourceCursor)]? {
    guard case .mapping(let members) = node.kind else { return nil }
    return members.map { member in
      (
        member.key,
        SourceCursor(member.value, .key(member.key, path), keyPosition: member.keyPosition)
      )
    }
  }

  /// The value of `key`; nil when the node is no map or has no such key.
  subscript(key: String) -> SourceCursor? {
    guard case .mapping(let members) = node.kind,
      let member = members.first(where: { $0.key == key })
    else { return nil }
    return SourceCursor(member.value, .key(key, path), keyPosition: member.keyPosition)
  }
}

/// The way from the root of a document to a node.
indirect enum SourcePath: Hashable, Sendable {
  case root
  case key(String, SourcePath)
  case index(Int, SourcePath)

  /// RFC 6901: `/tasks/build/needs/0`.
  var pointer: String {
    var steps: [String] = []
    var path = self
    while true {
      switch path {
      case .root:
        return steps.reversed().map { "/" + $0 }.joined()
      case .key(let key, let parent):
        steps.append(SourcePath.escaped(key))
        path = parent
      case .index(let index, let parent):
        steps.append(String(index))
        path = parent
      }
    }
  }

  static func escaped(_ key: String) -> String {
    var text = ""
    for scalar in key.unicodeScalars {
      switch scalar {
      case "~": text += "~0"
      case "/": text += "~1"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
