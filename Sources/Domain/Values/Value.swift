/// A JSON-like value: inputs, outputs, `forEach` items and the results of expressions.
///
/// There is no binary floating point: numbers are whole (`Int64`) or decimals with nine digits, so
/// that every process computes and prints the same.
public enum Value: Hashable, Sendable {
  case null
  case boolean(Bool)
  case integer(Int64)
  /// In normal form never a whole number: what reads or computes numbers makes those `integer`.
  case decimal(Decimal)
  case string(String)
  case array([Value])
  case object(SortedMap<String, Value>)
}

extension Value {
  /// What messages call this kind of value.
  public var kindName: String {
    switch self {
    case .null: "null"
    case .boolean: "boolean"
    case .integer: "integer"
    case .decimal: "decimal"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  /// Reads a number as JSON writes it; whole numbers become `integer`, whatever their spelling.
  ///
  /// Nil when `numberText` is no JSON number, when it lies outside of `Int64` or, with a fraction,
  /// of `Decimal`, and when it has more than nine digits of fraction and `isRounding` is false.
  public init?(numberText: some StringProtocol, isRounding: Bool = false) {
    guard let number = Number(text: numberText, isRounding: isRounding), let value = number.value
    else { return nil }
    self = value
  }

  /// Whether arrays and objects nest deeper than `levels`; a scalar has depth 0.
  func isDeeper(than levels: Int) -> Bool {
    switch self {
    case .null, .boolean, .integer, .decimal, .string:
      levels < 0
    case .array(let items):
      levels < 1 || items.contains { $0.isDeeper(than: levels - 1) }
    case .object(let members):
      levels < 1 || members.values.contains { $0.isDeeper(than: levels - 1) }
    }
  }
}
