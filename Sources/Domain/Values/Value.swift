/// A JSON-like value: inputs, outputs, `forEach` items and the results of expressions.
///
/// There is no binary floating point: numbers are whole (`Int64`) or decimals with nine digits, so
/// that every process computes and prints the same.
public indirect enum Value: Hashable, Sendable {
  case null
  case boolean(Bool)
  case integer(Int64)
  case decimal(Decimal)
  case string(String)
  case array([Value])
  case object(SortedMap<String, Value>)
}

/// A decimal number scaled by 10⁹: exact addition and comparison, no rounding surprises.
public struct Decimal: Hashable, Comparable, Sendable {
  /// The number times 1,000,000,000.
  public var scaled: Int64

  public static let scale: Int64 = 1_000_000_000

  public init(scaled: Int64) {
    self.scaled = scaled
  }

  public static func < (left: Decimal, right: Decimal) -> Bool { left.scaled < right.scaled }
}
