public import Domain

extension ValueMessage {
  public init(_ value: Value) {
    switch value {
    case .null: self.init(kind: .null(true))
    case .boolean(let flag): self.init(kind: .boolean(flag))
    case .integer(let number): self.init(kind: .integer(number))
    case .decimal(let number): self.init(kind: .decimal(number.scaled))
    case .string(let text): self.init(kind: .string(text))
    case .array(let items): self.init(kind: .list(List(items: items.map { ValueMessage($0) })))
    case .object(let members): self.init(kind: .object(Struct(members: members.messages)))
    }
  }
}

extension Value {
  /// Nil when the message, or one inside it, has no kind that this version knows.
  public init?(_ message: ValueMessage) {
    switch message.kind {
    case nil: return nil
    case .null: self = .null
    case .boolean(let flag): self = .boolean(flag)
    case .integer(let number): self = .integer(number)
    case .decimal(let scaled): self = .decimal(Decimal(scaled: scaled))
    case .string(let text): self = .string(text)
    case .list(let list):
      var items: [Value] = []
      items.reserveCapacity(list.items.count)
      for item in list.items {
        guard let value = Value(item) else { return nil }
        items.append(value)
      }
      self = .array(items)
    case .object(let object):
      guard let members = SortedMap<String, Value>(object.members) else { return nil }
      self = .object(members)
    }
  }
}

extension SortedMap where Key == String, Element == Domain.Value {
  /// As a message's map field.
  public var messages: SortedMap<String, ValueMessage> { mapValues { ValueMessage($0) } }

  /// Nil when one of the messages is no value.
  public init?(_ messages: SortedMap<String, ValueMessage>) {
    self.init()
    for (key, message) in messages {
      guard let value = Domain.Value(message) else { return nil }
      self[key] = value
    }
  }
}
