/// Where a value is not of the type that was asked for.
public struct TypeMismatch: Error, Hashable, Sendable {
  /// The place within the value, as a JSON pointer (RFC 6901); empty for the value itself.
  public var pointer: String
  /// One sentence naming both types, without the place.
  public var message: String

  public init(pointer: String, message: String) {
    self.pointer = pointer
    self.message = message
  }
}

extension ValueType {
  /// How messages and documents name the type.
  public var text: String {
    switch self {
    case .boolean: "boolean"
    case .integer: "integer"
    case .number: "number"
    case .string: "string"
    case .array(.any): "array"
    case .array(let element): "array of \(element.text)"
    case .object(nil): "object"
    case .object(let members?):
      "object {" + members.map { "\($0.key): \($0.value.text)" }.joined(separator: ", ") + "}"
    case .any: "any"
    }
  }

  public func accepts(_ value: Value) -> Bool { mismatch(of: value) == nil }

  /// The first place, in document order, where `value` is not of this type; nil when it is.
  ///
  /// An object type with members wants exactly these; a decimal that is whole is an integer.
  public func mismatch(of value: Value) -> TypeMismatch? { mismatch(of: value, at: "") }

  private func mismatch(of value: Value, at pointer: String) -> TypeMismatch? {
    switch (self, value) {
    case (.any, _), (.boolean, .boolean), (.integer, .integer), (.number, .integer),
      (.number, .decimal), (.string, .string), (.object(nil), .object):
      return nil
    case (.integer, .decimal(let decimal)) where Number(decimal).isWhole:
      return nil
    case (.array(let element), .array(let items)):
      if element == .any { return nil }
      for (place, item) in items.enumerated() {
        if let found = element.mismatch(of: item, at: "\(pointer)/\(place)") { return found }
      }
      return nil
    case (.object(let types?), .object(let members)):
      return ValueType.mismatch(of: members, wanting: types, at: pointer)
    case (.boolean, _), (.integer, _), (.number, _), (.string, _), (.array, _), (.object, _):
      return TypeMismatch(
        pointer: pointer, message: "expected \(text), found \(value.kindName)")
    }
  }

  private static func mismatch(
    of members: SortedMap<String, Value>, wanting types: SortedMap<String, ValueType>,
    at pointer: String
  ) -> TypeMismatch? {
    for (name, value) in members {
      let place = "\(pointer)/\(escaped(name))"
      guard let type = types[name] else {
        return TypeMismatch(
          pointer: place, message: "member '\(name)' is not one of \(nameList(of: types))")
      }
      if let found = type.mismatch(of: value, at: place) { return found }
    }
    for (name, type) in types where members[name] == nil {
      return TypeMismatch(
        pointer: pointer, message: "member '\(name)' (\(type.text)) is missing")
    }
    return nil
  }

  private static func nameList(of types: SortedMap<String, ValueType>) -> String {
    types.isEmpty ? "the members of an empty object" : types.keys.joined(separator: ", ")
  }

  /// A name as a step of a JSON pointer.
  private static func escaped(_ name: String) -> String {
    var text = ""
    for scalar in name.unicodeScalars {
      switch scalar {
      case "~": text += "~0"
      case "/": text += "~1"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension ValueType {
  /// Whether every value that an expression of type `other` may have can be used where this type
  /// is wanted, as far as it is known before the run: `any` goes with everything.
  public func admits(_ other: ValueType) -> Bool {
    switch (self, other) {
    case (.any, _), (_, .any), (.number, .integer), (.object(nil), .object): return true
    case (.array(let wanted), .array(let found)): return wanted.admits(found)
    case (.object(let wanted?), .object(let found)):
      guard let found else { return true }
      return wanted.count == found.count
        && wanted.allSatisfy { name, type in found[name].map(type.admits) ?? false }
    case (.boolean, _), (.integer, _), (.number, _), (.string, _), (.array, _), (.object, _):
      return self == other
    }
  }

  /// The narrowest type that covers both.
  func joined(with other: ValueType) -> ValueType {
    switch (self, other) {
    case (.integer, .number), (.number, .integer): .number
    case (.array(let left), .array(let right)): .array(of: left.joined(with: right))
    case (.object, .object): self == other ? self : .object(nil)
    case (.boolean, _), (.integer, _), (.number, _), (.string, _), (.array, _), (.object, _),
      (.any, _):
      self == other ? self : .any
    }
  }

  /// Whether a value of one type can ever equal a value of the other.
  func overlaps(_ other: ValueType) -> Bool {
    switch (self, other) {
    case (.any, _), (_, .any), (.number, .integer), (.integer, .number), (.object, .object): true
    case (.array(let left), .array(let right)): left.overlaps(right)
    case (.boolean, _), (.integer, _), (.number, _), (.string, _), (.array, _), (.object, _):
      self == other
    }
  }
}
