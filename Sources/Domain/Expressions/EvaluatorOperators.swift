/// Operators on values; what the checker could not know is checked here.
extension Evaluator {
  func unary(_ symbol: UnaryOperator, _ operand: Value) throws(EvaluationFailure) -> Value {
    switch symbol {
    case .not:
      guard case .boolean(let flag) = operand else {
        throw .mismatch("the operand of '!' is \(operand.kindName), not boolean")
      }
      return .boolean(!flag)
    case .negative:
      guard let number = Number(operand) else {
        throw .mismatch("the operand of '-' is \(operand.kindName), not number")
      }
      return try checked(Number(0).subtracting(number), "'-'")
    }
  }

  /// Operators that want both operands.
  mutating func binary(
    _ symbol: BinaryOperator, _ left: Value, _ right: Value
  ) throws(EvaluationFailure) -> Value {
    switch symbol {
    case .equal: return .boolean(try order(left, right) == 0)
    case .unequal: return .boolean(try order(left, right) != 0)
    case .less: return .boolean(try comparableOrder(left, right, symbol) < 0)
    case .lessOrEqual: return .boolean(try comparableOrder(left, right, symbol) <= 0)
    case .greater: return .boolean(try comparableOrder(left, right, symbol) > 0)
    case .greaterOrEqual: return .boolean(try comparableOrder(left, right, symbol) >= 0)
    case .plus: return try sum(left, right)
    case .minus, .times, .over, .modulo:
      guard let leftNumber = Number(left), let rightNumber = Number(right) else {
        throw mismatch(symbol, left, right)
      }
      return try arithmetic(symbol, leftNumber, rightNumber)
    case .and, .or, .coalesce:
      preconditionFailure("'\(symbol.rawValue)' was not evaluated operand by operand")
    }
  }

  private func arithmetic(
    _ symbol: BinaryOperator, _ left: Number, _ right: Number
  ) throws(EvaluationFailure) -> Value {
    let result: Number?
    switch symbol {
    case .minus: result = left.subtracting(right)
    case .times: result = left.multiplied(by: right)
    case .over, .modulo:
      guard right.scaled != 0 else { throw .divisionByZero("'\(symbol.rawValue)'") }
      result = symbol == .over ? left.divided(by: right) : left.remainder(by: right)
    default: result = left.adding(right)
    }
    return try checked(result, "'\(symbol.rawValue)'")
  }

  private mutating func sum(_ left: Value, _ right: Value) throws(EvaluationFailure) -> Value {
    switch (left, right) {
    case (.string(let left), .string(let right)):
      try charge(bytes: left.utf8.count + right.utf8.count)
      return .string(left + right)
    case (.array(let left), .array(let right)):
      try charge(items: left.count + right.count)
      return .array(left + right)
    default:
      guard let leftNumber = Number(left), let rightNumber = Number(right) else {
        throw mismatch(.plus, left, right)
      }
      return try arithmetic(.plus, leftNumber, rightNumber)
    }
  }

  private mutating func comparableOrder(
    _ left: Value, _ right: Value, _ symbol: BinaryOperator
  ) throws(EvaluationFailure) -> Int {
    switch (left, right) {
    case (.string, .string): break
    default:
      guard Number(left) != nil, Number(right) != nil else { throw mismatch(symbol, left, right) }
    }
    return try order(left, right)
  }

  /// Comparing reads at most as much as the left value has.
  mutating func order(_ left: Value, _ right: Value) throws(EvaluationFailure) -> Int {
    switch (left, right) {
    case (.string, .string), (.array, .array), (.object, .object): try charge(reading: left)
    default: break
    }
    return ValueOrder.compare(left, right)
  }

  private func mismatch(
    _ symbol: BinaryOperator, _ left: Value, _ right: Value
  ) -> EvaluationFailure {
    .mismatch("'\(symbol.rawValue)' does not take \(left.kindName) and \(right.kindName)")
  }

  func checked(_ number: Number?, _ what: String) throws(EvaluationFailure) -> Value {
    guard let value = number?.value else { throw .overflow(what) }
    return value
  }
}

extension EvaluationFailure {
  static func divisionByZero(_ what: String) -> EvaluationFailure {
    EvaluationFailure(code: "division-by-zero", message: "\(what) divides by zero")
  }
}
