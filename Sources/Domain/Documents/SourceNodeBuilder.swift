/// Builds the tree of a document from its events, and judges its keys.
struct SourceNodeBuilder {
  /// A collection that has started and not ended.
  private enum Frame {
    case sequence([SourceNode], at: SourcePosition)
    case mapping(OpenMapping)
  }

  private let limits: DocumentLimits
  private var frames: [Frame] = []
  private var root: SourceNode?
  private var isBroken = false
  private(set) var findings: FindingList

  init(limits: DocumentLimits, findings: FindingList) {
    self.limits = limits
    self.findings = findings
  }

  /// The tree; nil when there is none to speak of, and then `findings` has an error.
  mutating func build(_ events: [DocumentEvent]) -> SourceNode? {
    for event in events where !isBroken { take(event) }
    if isBroken || !frames.isEmpty {
      guard !findings.hasErrors else { return nil }
      report(
        "yaml-syntax", "the document does not end where it should",
        "close every list and map that was opened", at: events.last?.position ?? .start)
      return nil
    }
    if root == nil {
      report(
        "empty-document", "the document is empty", "describe a workflow: 'id' and 'tasks'",
        at: .start)
      return nil
    }
    return root
  }

  private mutating func take(_ event: DocumentEvent) {
    switch event.kind {
    case .scalar(let text, let isPlain):
      take(SourceScalar(text, isPlain: isPlain, layout: event.layout), at: event.position)
    case .sequenceStart:
      open(.sequence([], at: event.position), at: event.position)
    case .mappingStart:
      open(.mapping(OpenMapping(at: event.position)), at: event.position)
    case .sequenceEnd:
      guard case .sequence(let items, let position)? = frames.popLast() else {
        isBroken = true
        return
      }
      put(SourceNode(.sequence(items), at: position))
    case .mappingEnd:
      guard case .mapping(let mapping)? = frames.popLast() else {
        isBroken = true
        return
      }
      put(SourceNode(.mapping(mapping.members), at: mapping.position))
    }
  }

  private mutating func open(_ frame: Frame, at position: SourcePosition) {
    guard frames.count < limits.depthMax else {
      report(
        "yaml-too-deep", "the document is nested deeper than \(limits.depthMax)",
        "flatten it; no part of a definition needs such depth", at: position)
      isBroken = true
      return
    }
    frames.append(frame)
  }

  private mutating func take(_ scalar: SourceScalar, at position: SourcePosition) {
    // No store, no argument and no variable can hold it.
    if scalar.text.utf8.contains(0) {
      report("invalid-text", "a text contains U+0000", "remove \\0", at: position)
    }
    guard case .mapping(var mapping)? = frames.last, case .key = mapping.pending else {
      return put(SourceNode(.scalar(scalar), at: position))
    }
    // The frame on the stack would share the members with our copy, and each key would copy them.
    frames.removeLast()
    if scalar.isNull {
      refuseKey(at: position)
      mapping.pending = .nothing
    } else if let first = mapping.place(of: scalar.text) {
      report(
        "duplicate-key", "the key '\(scalar.text)' occurs twice",
        "keep one; the first is in line \(first.line)", at: position)
      mapping.pending = .nothing
    } else {
      mapping.pending = .value(of: scalar.text, at: position)
    }
    frames.append(.mapping(mapping))
  }

  private mutating func put(_ node: SourceNode) {
    switch frames.popLast() {
    case nil:
      if root != nil { isBroken = true }
      root = node
    case .sequence(var items, let position)?:
      items.append(node)
      frames.append(.sequence(items, at: position))
    case .mapping(var mapping)?:
      switch mapping.pending {
      case .key:
        refuseKey(at: node.position)
        mapping.pending = .nothing
      case .value(let key, let position):
        mapping.add(SourceMember(key: key, keyPosition: position, value: node))
        mapping.pending = .key
      case .nothing:
        mapping.pending = .key
      }
      frames.append(.mapping(mapping))
    }
  }

  private mutating func refuseKey(at position: SourcePosition) {
    report(
      "key-not-text", "a key must be text", "write the key as a word followed by a colon",
      at: position)
  }

  private mutating func report(
    _ code: String, _ message: String, _ hint: String, at position: SourcePosition
  ) {
    findings.add(Finding(code: code, message: message, hint: hint, position: position))
  }
}

/// A mapping that has started and not ended.
private struct OpenMapping {
  /// What comes next.
  enum Pending {
    case key
    case value(of: String, at: SourcePosition)
    /// The value of a key that was refused.
    case nothing
  }

  /// So many keys are searched one by one; more get a set.
  private static let searchedKeysMax = 16

  private(set) var members: [SourceMember] = []
  private var keys: Set<String> = []
  var pending = Pending.key
  let position: SourcePosition

  init(at position: SourcePosition) {
    self.position = position
  }

  func place(of key: String) -> SourcePosition? {
    guard keys.isEmpty || keys.contains(key) else { return nil }
    return members.first { $0.key == key }?.keyPosition
  }

  mutating func add(_ member: SourceMember) {
    members.append(member)
    if !keys.isEmpty {
      keys.insert(member.key)
    } else if members.count > OpenMapping.searchedKeysMax {
      keys = Set(members.map(\.key))
    }
  }
}
