public import Domain

extension ValueTypeMessage {
  public init(_ type: ValueType) {
    switch type {
    case .boolean: self.init(kind: .boolean)
    case .integer: self.init(kind: .integer)
    case .number: self.init(kind: .number)
    case .string: self.init(kind: .string)
    case .array(let items): self.init(kind: .array, items: ValueTypeMessage(items))
    case .object(nil): self.init(kind: .object)
    case .object(let members?):
      self.init(
        kind: .object, members: members.mapValues { ValueTypeMessage($0) }, hasMembers: true)
    case .any: self.init(kind: .any)
    }
  }
}

extension ValueType {
  /// Nil when the message, or one inside it, has no kind that this version knows, or is an array
  /// without the type of its items.
  public init?(_ message: ValueTypeMessage) {
    switch message.kind {
    case .unspecified, .unrecognized: return nil
    case .boolean: self = .boolean
    case .integer: self = .integer
    case .number: self = .number
    case .string: self = .string
    case .array:
      guard let items = message.items.flatMap({ ValueType($0) }) else { return nil }
      self = .array(of: items)
    case .object:
      guard message.hasMembers else {
        self = .object(nil)
        return
      }
      var members: SortedMap<String, ValueType> = [:]
      for (name, member) in message.members {
        guard let type = ValueType(member) else { return nil }
        members[name] = type
      }
      self = .object(members)
    case .any: self = .any
    }
  }
}
