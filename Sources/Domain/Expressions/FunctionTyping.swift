/// The type of one call: first the shapes of its arguments, then what they say about the result.
struct FunctionTyping {
  let function: ExpressionFunction
  let arguments: [ExpressionNode]
  let types: [ValueType?]

  func result() throws(ExpressionFault) -> ValueType {
    for (place, type) in types.enumerated() {
      let shapes = function.shape.shapes(at: place)
      guard shapes.contains(where: { $0.admits(type) }) else {
        throw mismatch(at: place, wanting: ExpressionFunction.text(of: shapes))
      }
    }
    let subject = types.first.flatMap { $0 } ?? .any
    switch function {
    case .contains:
      try checkContains(subject)
      return .boolean
    case .startsWith, .endsWith, .matches: return .boolean
    case .lower, .upper, .trim, .join, .replace, .string, .json, .hash: return .string
    case .split, .keys: return .array(of: .string)
    case .length, .floor, .ceil, .quotient: return .integer
    case .range: return .array(of: .integer)
    case .fromJson: return .any
    case .number: return .number
    case .slice: return subject == .any ? .any : subject
    case .values: return values(of: subject)
    case .first, .last: return subject.element
    case .unique: return subject.asArray
    case .sort:
      try requireItems(of: subject, among: [.number, .string], "numbers or strings")
      return subject.asArray
    case .flatten:
      try requireItems(of: subject, among: [.array(of: .any)], "arrays")
      return .array(of: subject.element.element)
    case .sum:
      try requireItems(of: subject, among: [.number], "numbers")
      return subject.element == .integer ? .integer : .number
    case .min, .max: return try extreme(subject)
    case .abs: return subject == .integer ? .integer : .number
    case .round: return arguments.count == 1 ? .integer : .number
    }
  }

  private func checkContains(_ subject: ValueType) throws(ExpressionFault) {
    switch subject {
    case .string, .object:
      guard ArgumentShape.string.admits(types[1]) else {
        throw mismatch(at: 1, wanting: "string")
      }
    case .array(let item):
      guard let wanted = types[1] else { return }
      guard item.overlaps(wanted) else { throw mismatch(at: 1, wanting: item.text) }
    case .boolean, .integer, .number, .any: break
    }
  }

  private func values(of subject: ValueType) -> ValueType {
    guard case .object(let members?) = subject, let first = members.first else {
      return .array(of: .any)
    }
    return .array(of: members.values.dropFirst().reduce(first.value) { $0.joined(with: $1) })
  }

  private func extreme(_ subject: ValueType) throws(ExpressionFault) -> ValueType {
    if case .array(let item) = subject {
      guard arguments.count == 1 else { throw mismatch(at: 0, wanting: "number") }
      try requireItems(of: subject, among: [.number], "numbers")
      return item == .integer ? .integer : .number
    }
    return types.allSatisfy { $0 == .integer } ? .integer : .number
  }

  private func requireItems(
    of subject: ValueType, among wanted: [ValueType], _ words: String
  ) throws(ExpressionFault) {
    guard wanted.contains(where: { $0.admits(subject.element) }) else {
      throw mismatch(at: 0, wanting: "array of \(words)")
    }
  }

  private func mismatch(at place: Int, wanting wanted: String) -> ExpressionFault {
    let found = types[place]?.text ?? "null"
    return ExpressionFault(
      code: "type-mismatch",
      message: "argument \(place + 1) of \(function.rawValue) is \(found), not \(wanted)",
      hint: "it is \(function.signature)", offset: arguments[place].start)
  }
}
