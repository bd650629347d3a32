extension SourceNode {
  /// The tree of a JSON text, read as strictly as `JSONNode` does: every node and key knows its
  /// place in the text.
  ///
  /// - Throws: the first thing that is wrong with the text; nothing of it is used then.
  init(json bytes: [UInt8], limits: DocumentLimits) throws(Finding) {
    guard bytes.count <= limits.bytesMax else {
      throw Finding(
        code: "document-too-large", message: "the document is larger than \(limits.bytesMax) bytes",
        hint: "split it, or move long scripts into files of their own", position: .start)
    }
    let root: JSONNode
    do throws(JSONFault) {
      root = try JSONNode(bytes, limits: JSONLimits(of: limits))
    } catch {
      throw Finding(inDefinition: error)
    }
    var offsets: [Int] = []
    JSONPlaces.gather(root, into: &offsets)
    var places = JSONPlaces(bytes: bytes, SourcePosition.places(ofBytes: offsets, in: bytes))
    self = places.node(root)
  }
}

extension JSONLimits {
  /// For documents that a person wrote: as deep and as large as they would be in YAML.
  init(of document: DocumentLimits) {
    self.init(
      depthMax: document.depthMax, membersMax: document.eventsMax,
      stringBytesMax: document.bytesMax)
    valuesMax = document.eventsMax
  }
}

extension Finding {
  /// The same words for the same faults as in YAML, where there are such.
  fileprivate init(inDefinition fault: JSONFault) {
    let (code, hint) =
      switch fault.code {
      case .duplicateName: ("duplicate-key", "keep one of them")
      case .invalidUTF8: ("invalid-utf8", "save the file as UTF-8")
      case .nullCharacter: ("invalid-text", "remove \\u0000")
      case .tooDeep: ("json-too-deep", "flatten it; no part of a definition needs such depth")
      case .tooManyMembers, .tooManyValues, .stringTooLong:
        ("document-too-large", "split it, or move long scripts into files of their own")
      case .byteOrderMark, .syntax, .trailingBytes, .numberTooLong, .numberOutOfRange,
        .loneSurrogate, .controlCharacter:
        ("json-syntax", "send JSON as RFC 8259 defines it")
      }
    self.init(
      code: code, message: "the definition cannot be read as JSON: \(fault.message)", hint: hint,
      position: fault.position, pointer: fault.pointer)
  }
}

/// Turns JSON nodes into source nodes while it hands out the places in their order.
private struct JSONPlaces {
  private let bytes: [UInt8]
  private var places: ArraySlice<SourcePosition>

  init(bytes: [UInt8], _ places: [SourcePosition]) {
    self.bytes = bytes
    self.places = places[...]
  }

  /// The offsets of all values and names in the order of the text.
  static func gather(_ node: JSONNode, into offsets: inout [Int]) {
    offsets.append(node.offset)
    switch node.kind {
    case .null, .boolean, .number, .string: break
    case .array(let items):
      for item in items { gather(item, into: &offsets) }
    case .object(let members):
      for member in members {
        offsets.append(member.offset)
        gather(member.node, into: &offsets)
      }
    }
  }

  mutating func node(_ node: JSONNode) -> SourceNode {
    let position = places.popFirst() ?? .start
    switch node.kind {
    case .null: return SourceNode(.scalar(SourceScalar("null", isPlain: true)), at: position)
    case .boolean(let flag):
      return SourceNode(
        .scalar(SourceScalar(flag ? "true" : "false", isPlain: true)), at: position)
    case .number:
      return SourceNode(.scalar(SourceScalar(number(at: node.offset), isPlain: true)), at: position)
    case .string(let text):
      return SourceNode(.scalar(string(text, at: node.offset, position)), at: position)
    case .array(let items):
      var nodes: [SourceNode] = []
      nodes.reserveCapacity(items.count)
      for item in items { nodes.append(self.node(item)) }
      return SourceNode(.sequence(nodes), at: position)
    case .object(let members):
      var nodes: [SourceMember] = []
      nodes.reserveCapacity(members.count)
      for member in members {
        let place = places.popFirst() ?? .start
        nodes.append(
          SourceMember(key: member.name, keyPosition: place, value: self.node(member.node)))
      }
      return SourceNode(.mapping(nodes), at: position)
    }
  }

  /// As it was written: where a text is wanted, `1.10` is one.
  private func number(at offset: Int) -> String {
    String(
      decoding: bytes[offset...].prefix { "+-.0123456789Ee".utf8.contains($0) }, as: UTF8.self)
  }

  /// Without escapes the text stands there as it is, and what is wrong within it has a place.
  private func string(
    _ text: String, at offset: Int, _ position: SourcePosition
  ) -> SourceScalar {
    let raw = bytes[(offset + 1)...]
    let isVerbatim =
      raw.starts(with: text.utf8) && raw.dropFirst(text.utf8.count).first == UInt8(ascii: "\"")
    return SourceScalar(
      text, isPlain: false,
      layout: isVerbatim
        ? .line(SourcePosition(line: position.line, column: position.column + 1)) : .opaque)
  }
}
