/// Every function of the language. The name is the one in the source.
public enum ExpressionFunction: String, Hashable, Sendable, CaseIterable {
  case length, contains, startsWith, endsWith, lower, upper, trim, split, join, replace, matches
  case slice, keys, values, range, first, last, sum, min, max, sort, unique, flatten
  case round, floor, ceil, abs, quotient
  case string, number, json, fromJson, hash
}

/// What an argument may be, as far as its kind goes.
enum ArgumentShape: String, Hashable, Sendable {
  case string, boolean, integer, number, array, object, any

  /// Whether a value of this type may be of this shape; nil is the type of `null`.
  func admits(_ type: ValueType?) -> Bool {
    guard let type else { return self == .any }
    return switch self {
    case .any: true
    case .string: ValueType.string.admits(type)
    case .boolean: ValueType.boolean.admits(type)
    case .integer: ValueType.integer.admits(type)
    case .number: ValueType.number.admits(type)
    case .array: ValueType.array(of: .any).admits(type)
    case .object: ValueType.object(nil).admits(type)
    }
  }

  func admits(_ value: Value) -> Bool {
    switch (self, value) {
    case (.any, _), (.string, .string), (.boolean, .boolean), (.integer, .integer),
      (.number, .integer), (.number, .decimal), (.array, .array), (.object, .object):
      true
    case (.integer, .decimal(let decimal)):
      Number(decimal).isWhole
    case (.string, _), (.boolean, _), (.integer, _), (.number, _), (.array, _), (.object, _):
      false
    }
  }
}

/// The parameters of a function and the words for its result.
struct FunctionShape: Hashable, Sendable {
  /// For each parameter, the shapes of which an argument must have one.
  var parameters: [[ArgumentShape]]
  /// How many at the end may be left out.
  var optionalCount = 0
  /// Whether the last parameter may be given any number of times.
  var isRepeating = false
  var result: String

  var countMin: Int { parameters.count - optionalCount - (isRepeating ? 1 : 0) }
  var countMax: Int { isRepeating ? .max : parameters.count }

  /// The shapes wanted of the argument at `place`; within `countMax`.
  func shapes(at place: Int) -> [ArgumentShape] {
    parameters[Swift.min(place, parameters.count - 1)]
  }
}

extension ExpressionFunction {
  /// As the documentation and messages print it: `slice(string | array, integer, integer?) → same`.
  public var signature: String {
    var texts = shape.parameters.map { ExpressionFunction.text(of: $0) }
    if self == .matches { texts[1] = "pattern" }
    let firstOptional = texts.count - shape.optionalCount
    for place in firstOptional..<texts.count { texts[place] += "?" }
    if shape.isRepeating { texts[texts.count - 1] += "…" }
    return "\(rawValue)(\(texts.joined(separator: ", "))) → \(shape.result)"
  }

  static func text(of shapes: [ArgumentShape]) -> String {
    shapes.map(\.rawValue).joined(separator: " | ")
  }

  var shape: FunctionShape {
    switch self {
    case .length: .init(parameters: [[.string, .array, .object]], result: "integer")
    case .contains:
      .init(parameters: [[.string, .array, .object], [.any]], result: "boolean")
    case .startsWith, .endsWith, .matches:
      .init(parameters: [[.string], [.string]], result: "boolean")
    case .lower, .upper, .trim: .init(parameters: [[.string]], result: "string")
    case .split: .init(parameters: [[.string], [.string]], result: "array of string")
    case .join: .init(parameters: [[.array], [.string]], result: "string")
    case .replace: .init(parameters: [[.string], [.string], [.string]], result: "string")
    case .slice:
      .init(
        parameters: [[.string, .array], [.integer], [.integer]], optionalCount: 1, result: "same")
    case .keys: .init(parameters: [[.object]], result: "array of string")
    case .values: .init(parameters: [[.object]], result: "array")
    case .range:
      .init(parameters: [[.integer], [.integer]], optionalCount: 1, result: "array of integer")
    case .first, .last: .init(parameters: [[.array]], result: "item")
    case .sum: .init(parameters: [[.array]], result: "number")
    case .min, .max:
      .init(parameters: [[.number, .array], [.number]], isRepeating: true, result: "number")
    case .sort, .unique: .init(parameters: [[.array]], result: "same")
    case .flatten: .init(parameters: [[.array]], result: "array")
    case .round: .init(parameters: [[.number], [.integer]], optionalCount: 1, result: "number")
    case .floor, .ceil: .init(parameters: [[.number]], result: "integer")
    case .abs: .init(parameters: [[.number]], result: "same")
    case .quotient: .init(parameters: [[.number], [.number]], result: "integer")
    case .string, .json: .init(parameters: [[.any]], result: "string")
    case .number: .init(parameters: [[.string, .number]], result: "number")
    case .fromJson: .init(parameters: [[.string]], result: "any")
    case .hash: .init(parameters: [[.any], [.any]], isRepeating: true, result: "string")
    }
  }
}
