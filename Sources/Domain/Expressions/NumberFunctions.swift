/// Functions on numbers.
extension Evaluator {
  mutating func numeric(
    _ function: ExpressionFunction, _ arguments: [Value]
  ) throws(EvaluationFailure) -> Value {
    switch function {
    case .sum, .min, .max: return try folded(function, arguments)
    case .round, .floor, .ceil, .abs, .quotient: break
    default: preconditionFailure("\(function.rawValue) is not one of the functions on numbers")
    }
    let numbers = arguments.compactMap { Number($0) }
    let name = function.rawValue
    guard let number = numbers.first, numbers.count == arguments.count else {
      throw mismatch(function, 0, arguments[0], wanting: "number")
    }
    switch function {
    case .floor: return try checked(number.floor, name)
    case .ceil: return try checked(number.ceiling, name)
    case .abs: return try checked(number.scaled < 0 ? Number(0).subtracting(number) : number, name)
    case .quotient:
      guard numbers[1].scaled != 0 else { throw .divisionByZero(name) }
      return try checked(number.wholeQuotient(by: numbers[1]), name)
    default:
      let digits = numbers.count > 1 ? numbers[1].whole ?? -1 : 0
      guard digits >= 0, digits <= Decimal.fractionDigits else {
        throw .invalid("round takes 0 to \(Decimal.fractionDigits) digits, not \(digits)")
      }
      return try checked(number.rounded(toDigits: Int(digits)), name)
    }
  }

  private mutating func folded(
    _ function: ExpressionFunction, _ arguments: [Value]
  ) throws(EvaluationFailure) -> Value {
    var items = arguments
    if case .array(let list) = arguments[0] {
      guard arguments.count == 1 else {
        throw mismatch(function, 0, arguments[0], wanting: "number")
      }
      items = list
    }
    try charge(items: items.count)
    var numbers: [Number] = []
    for item in items {
      guard let number = Number(item) else {
        throw .mismatch("\(function.rawValue) takes numbers, and found \(item.kindName) among them")
      }
      numbers.append(number)
    }
    switch function {
    case .sum:
      // A number takes 94 of 128 bits, so no list that fits in memory overflows on the way.
      return try checked(
        numbers.reduce(Number(0)) { Number(scaled: $0.scaled &+ $1.scaled) }, "sum")
    default:
      guard let extreme = function == .min ? numbers.min() : numbers.max() else {
        throw .missing("empty-array", "an empty array has no \(function.rawValue)imum")
      }
      return try checked(extreme, function.rawValue)
    }
  }
}
