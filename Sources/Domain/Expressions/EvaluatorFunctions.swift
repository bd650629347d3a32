/// Calls: first every argument is checked against the shape of the function, then one method for
/// each group of functions computes.
extension Evaluator {
  mutating func call(
    _ function: ExpressionFunction, _ arguments: [Value]
  ) throws(EvaluationFailure) -> Value {
    let shape = function.shape
    // Only a tree made by hand can have a wrong count.
    guard arguments.count >= shape.countMin, arguments.count <= shape.countMax,
      let subject = arguments.first
    else { throw .invalid("\(function.rawValue) does not take \(arguments.count) arguments") }
    for (place, argument) in arguments.enumerated() {
      let shapes = shape.shapes(at: place)
      guard shapes.contains(where: { $0.admits(argument) }) else {
        throw mismatch(function, place, argument, wanting: ExpressionFunction.text(of: shapes))
      }
    }
    switch function {
    case .length, .contains, .slice:
      return try measured(function, subject, Array(arguments.dropFirst()))
    case .matches:
      throw .invalid("the pattern of matches is not compiled")
    case .startsWith, .endsWith, .lower, .upper, .trim, .split, .replace:
      return try textual(function, arguments.map(Evaluator.string))
    case .keys, .values, .range, .first, .last, .sort, .unique, .flatten, .join:
      return try listed(function, subject, Array(arguments.dropFirst()))
    case .sum, .min, .max, .round, .floor, .ceil, .abs, .quotient:
      return try numeric(function, arguments)
    case .string, .number, .json, .fromJson, .hash:
      return try converted(function, arguments)
    }
  }

  mutating func matches(_ text: Value, _ pattern: Pattern) throws(EvaluationFailure) -> Value {
    guard case .string(let text) = text else {
      throw mismatch(.matches, 0, text, wanting: "string")
    }
    try charge(bytes: text.utf8.count)
    // Sixteen steps of the matcher are about as much work as one of ours.
    var matcher = PatternMatcher(pattern.program)
    let isMatch = matcher.matches(text, stepsMax: fuel.multipliedSaturated(by: 16))
    try charge(isMatch == nil ? .max : matcher.stepsTaken / 16)
    return .boolean(isMatch == true)
  }

  func mismatch(
    _ function: ExpressionFunction, _ place: Int, _ found: Value, wanting wanted: String
  ) -> EvaluationFailure {
    .mismatch(
      "argument \(place + 1) of \(function.rawValue) is \(found.kindName), not \(wanted)")
  }

  /// The text of a string; the shapes were checked, so that nothing else comes here.
  static func string(_ value: Value) -> String {
    if case .string(let text) = value { return text }
    return value.text
  }

  static func items(_ value: Value) -> [Value] {
    if case .array(let items) = value { return items }
    return []
  }

  static func members(_ value: Value) -> SortedMap<String, Value> {
    if case .object(let members) = value { return members }
    return [:]
  }

  /// The whole number, which may have come as a decimal.
  static func whole(_ value: Value) -> Int64 {
    Number(value)?.whole ?? 0
  }

  /// The functions that take strings and containers alike.
  private mutating func measured(
    _ function: ExpressionFunction, _ subject: Value, _ others: [Value]
  ) throws(EvaluationFailure) -> Value {
    switch (function, subject) {
    case (.length, .string(let text)):
      try charge(bytes: text.utf8.count)
      return .integer(Int64(text.unicodeScalars.count))
    case (.length, .array(let items)): return .integer(Int64(items.count))
    case (.length, .object(let members)): return .integer(Int64(members.count))
    case (.contains, .array(let items)):
      for item in items {
        try charge(1)
        if try order(item, others[0]) == 0 { return .boolean(true) }
      }
      return .boolean(false)
    case (.contains, _):
      guard case .string(let wanted) = others[0] else {
        throw mismatch(.contains, 1, others[0], wanting: "string")
      }
      if case .object(let members) = subject { return .boolean(members[wanted] != nil) }
      let text = Evaluator.string(subject)
      try charge(bytes: text.utf8.count + wanted.utf8.count)
      return .boolean(ByteSearch(wanted).firstMatch(in: Array(text.utf8)) != nil)
    case (_, .array(let items)):
      let bounds = Evaluator.bounds(others, count: items.count)
      try charge(items: bounds.count)
      return .array(Array(items[bounds]))
    default:
      let text = Evaluator.string(subject)
      try charge(bytes: text.utf8.count)
      let scalars = Array(text.unicodeScalars)
      let bounds = Evaluator.bounds(others, count: scalars.count)
      return .string(String(String.UnicodeScalarView(scalars[bounds])))
    }
  }

  /// From inclusive, to exclusive; negative ones count from the end; both are cut to what exists.
  private static func bounds(_ places: [Value], count: Int) -> Range<Int> {
    let cut = places.map { value in
      let place = whole(value)
      let fromStart = place < 0 ? place.addingSaturated(Int64(count)) : place
      return Int(min(max(fromStart, 0), Int64(count)))
    }
    let lower = cut.first ?? 0
    let upper = cut.count > 1 ? cut[1] : count
    return lower..<max(lower, upper)
  }

  private mutating func converted(
    _ function: ExpressionFunction, _ arguments: [Value]
  ) throws(EvaluationFailure) -> Value {
    let subject = arguments[0]
    for argument in arguments { try charge(reading: argument) }
    switch function {
    case .string: return .string(subject.text)
    case .json: return .string(subject.json)
    case .number:
      guard case .string(let text) = subject else { return subject }
      guard let value = Value(numberText: text) else {
        throw EvaluationFailure(
          code: "not-a-number", message: "the string is no number of 64 bits or nine digits")
      }
      return value
    case .fromJson:
      do {
        var limits = JSONLimits(stringBytesMax: .max, isRounding: true)
        limits.isNullCharacterAllowed = true
        return try Value(json: Evaluator.string(subject), limits: limits)
      } catch {
        throw EvaluationFailure(
          code: "invalid-json", message: "\(error.message) (at byte \(error.offset))")
      }
    default:
      var hash = StableHash()
      for argument in arguments { hash.combine(argument.json) }
      let digits = String(hash.value, radix: 16)
      return .string(String(repeating: "0", count: 16 - digits.count) + digits)
    }
  }
}

extension Int {
  /// The product, or the largest number when it does not fit; for counts that are not negative.
  fileprivate func multipliedSaturated(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}
