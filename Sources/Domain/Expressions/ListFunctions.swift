/// Functions on arrays and objects.
extension Evaluator {
  static let rangeItemsMax = 100_000

  mutating func listed(
    _ function: ExpressionFunction, _ subject: Value, _ others: [Value]
  ) throws(EvaluationFailure) -> Value {
    let items = Evaluator.items(subject)
    switch function {
    case .keys:
      let keys = Evaluator.members(subject).keys
      try charge(items: keys.count)
      return .array(keys.map(Value.string))
    case .values:
      return .array(Evaluator.members(subject).values)
    case .range:
      return try range([subject] + others)
    case .first, .last:
      guard let item = function == .first ? items.first : items.last else {
        throw .missing("empty-array", "an empty array has no \(function.rawValue) item")
      }
      return item
    case .sort:
      return .array(try sorted(items))
    case .unique:
      return .array(try unique(items))
    case .flatten:
      return .array(try flattened(items))
    default:
      return try joined(items, with: others.first.map(Evaluator.string) ?? "")
    }
  }

  private mutating func range(_ bounds: [Value]) throws(EvaluationFailure) -> Value {
    let numbers = bounds.map(Evaluator.whole)
    let lower = numbers.count > 1 ? numbers[0] : 0
    let upper = numbers.last ?? 0
    guard lower < upper else { return .array([]) }
    let (count, overflow) = upper.subtractingReportingOverflow(lower)
    guard !overflow, count <= Evaluator.rangeItemsMax else {
      throw .invalid("range makes at most \(Evaluator.rangeItemsMax) items")
    }
    try charge(items: Int(count))
    return .array((lower..<upper).map(Value.integer))
  }

  private mutating func sorted(_ items: [Value]) throws(EvaluationFailure) -> [Value] {
    try chargeSorting(items)
    let areNumbers = items.allSatisfy { Number($0) != nil }
    if !areNumbers {
      for item in items {
        guard case .string = item else {
          throw .mismatch(
            "sort takes numbers only or strings only, and found \(item.kindName) among them")
        }
      }
    }
    return items.sorted { ValueOrder.compare($0, $1) < 0 }
  }

  /// The first of equal items stays, in its place.
  private mutating func unique(_ items: [Value]) throws(EvaluationFailure) -> [Value] {
    try chargeSorting(items)
    let places = items.indices.sorted { left, right in
      let order = ValueOrder.compare(items[left], items[right])
      return order == 0 ? left < right : order < 0
    }
    var isFirst = Array(repeating: true, count: items.count)
    for (earlier, later) in zip(places, places.dropFirst())
    where ValueOrder.compare(items[earlier], items[later]) == 0 {
      isFirst[later] = false
    }
    return zip(items, isFirst).filter(\.1).map(\.0)
  }

  /// Each level of a merge sort reads every item about once.
  private mutating func chargeSorting(_ items: [Value]) throws(EvaluationFailure) {
    let levels = Int.bitWidth - items.count.leadingZeroBitCount
    let before = fuel
    try charge(reading: .array(items))
    try charge(items: items.count)
    let (cost, overflow) = (before - fuel).multipliedReportingOverflow(by: levels)
    try charge(overflow ? .max : cost)
  }

  private mutating func flattened(_ items: [Value]) throws(EvaluationFailure) -> [Value] {
    var flat: [Value] = []
    for (place, item) in items.enumerated() {
      guard case .array(let inner) = item else {
        throw .mismatch("flatten takes an array of arrays; item \(place) is \(item.kindName)")
      }
      try charge(items: inner.count)
      flat += inner
    }
    return flat
  }

  private mutating func joined(
    _ items: [Value], with separator: String
  ) throws(EvaluationFailure) -> Value {
    var text = ""
    for (place, item) in items.enumerated() {
      try charge(reading: item)
      try charge(bytes: separator.utf8.count)
      if place > 0 { text += separator }
      text += item.text
    }
    return .string(text)
  }
}
