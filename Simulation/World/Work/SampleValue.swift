internal import Domain

/// Values that are good for a type, where nobody says what they are.
enum SampleValue {
  static func of(_ type: ValueType) -> Value {
    switch type {
    case .string: .string("value")
    case .integer, .number: .integer(7)
    case .boolean: .boolean(true)
    case .array(let item): .array([of(item), of(item)])
    case .object(let members): .object((members ?? [:]).mapValues { of($0) })
    case .any: .string("value")
    }
  }

  /// For an input that has to be passed.
  static func of(_ input: InputDefinition) -> Value {
    input.choices.first ?? of(input.type)
  }
}
