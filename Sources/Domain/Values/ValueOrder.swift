/// The order of expressions: numbers by size whatever their kind, strings by Unicode scalars,
/// arrays item by item; kinds among each other null, boolean, number, string, array, object.
///
/// It is apart from `==` of `Value`, for which 1 and 1.0 differ and strings are equal when they
/// are canonically equivalent.
enum ValueOrder {
  /// Negative, zero or positive, as `left` comes before, with or after `right`.
  static func compare(_ left: Value, _ right: Value) -> Int {
    if let (left, right) = both(Number(left), Number(right)) {
      return left == right ? 0 : left < right ? -1 : 1
    }
    switch (left, right) {
    case (.boolean(let left), .boolean(let right)):
      return left == right ? 0 : right ? -1 : 1
    case (.string(let left), .string(let right)):
      return compare(left, right)
    case (.array(let left), .array(let right)):
      return compare(left, right)
    case (.object(let left), .object(let right)):
      return compare(left, right)
    default:
      return rank(left) - rank(right)
    }
  }

  /// By UTF-8 bytes, which is the order of Unicode scalars and equal only for equal bytes.
  static func compare(_ left: String, _ right: String) -> Int {
    var rest = right.utf8.makeIterator()
    for byte in left.utf8 {
      guard let other = rest.next() else { return 1 }
      if byte != other { return byte < other ? -1 : 1 }
    }
    return rest.next() == nil ? 0 : -1
  }

  private static func compare(_ left: [Value], _ right: [Value]) -> Int {
    for (left, right) in zip(left, right) {
      let order = compare(left, right)
      if order != 0 { return order }
    }
    return left.count == right.count ? 0 : left.count < right.count ? -1 : 1
  }

  private static func compare(
    _ left: SortedMap<String, Value>, _ right: SortedMap<String, Value>
  ) -> Int {
    for (left, right) in zip(left, right) {
      let order = compare(left.key, right.key)
      if order != 0 { return order }
      let valueOrder = compare(left.value, right.value)
      if valueOrder != 0 { return valueOrder }
    }
    return left.count == right.count ? 0 : left.count < right.count ? -1 : 1
  }

  private static func both<Element>(
    _ left: Element?, _ right: Element?
  ) -> (Element, Element)? {
    guard let left, let right else { return nil }
    return (left, right)
  }

  private static func rank(_ value: Value) -> Int {
    switch value {
    case .null: 0
    case .boolean: 1
    case .integer, .decimal: 2
    case .string: 3
    case .array: 4
    case .object: 5
    }
  }
}
