/// A map whose order is the order of its keys, so that nothing depends on hashing.
///
/// A sorted array underneath: look-up is O(log n), insertion of a new key O(n) moves, iteration is
/// contiguous. Build large maps with `init(_:)`, which sorts once.
public struct SortedMap<Key: Comparable, Element> {
  public private(set) var keys: [Key] = []
  public private(set) var values: [Element] = []

  public init() {}

  /// Of pairs with the same key the last one wins.
  public init(_ pairs: some Sequence<(Key, Element)>) {
    let sorted = pairs.enumerated().sorted { left, right in
      left.element.0 == right.element.0
        ? left.offset < right.offset : left.element.0 < right.element.0
    }
    keys.reserveCapacity(sorted.count)
    values.reserveCapacity(sorted.count)
    for (_, pair) in sorted {
      if keys.last == pair.0 {
        values[values.count - 1] = pair.1
      } else {
        keys.append(pair.0)
        values.append(pair.1)
      }
    }
  }

  public var count: Int { keys.count }
  public var isEmpty: Bool { keys.isEmpty }
  public var first: (key: Key, value: Element)? { isEmpty ? nil : (keys[0], values[0]) }
  public var last: (key: Key, value: Element)? {
    isEmpty ? nil : (keys[count - 1], values[count - 1])
  }

  public subscript(key: Key) -> Element? {
    get {
      let place = lowerBound(of: key)
      return place < keys.count && keys[place] == key ? values[place] : nil
    }
    set {
      let place = lowerBound(of: key)
      let isPresent = place < keys.count && keys[place] == key
      switch (isPresent, newValue) {
      case (true, let value?):
        values[place] = value
      case (false, let value?):
        keys.insert(key, at: place)
        values.insert(value, at: place)
      case (true, nil):
        keys.remove(at: place)
        values.remove(at: place)
      case (false, nil):
        break
      }
    }
  }

  /// Reads and writes in place; a missing key starts from `value`.
  public subscript(key: Key, default value: @autoclosure () -> Element) -> Element {
    get { self[key] ?? value() }
    _modify {
      let place = lowerBound(of: key)
      if place == keys.count || keys[place] != key {
        keys.insert(key, at: place)
        values.insert(value(), at: place)
      }
      yield &values[place]
    }
  }

  /// Calls `body` with the value in place, without copying it; nil when the key is absent.
  public mutating func update<Answer>(
    _ key: Key, _ body: (inout Element) throws -> Answer
  ) rethrows -> Answer? {
    let place = lowerBound(of: key)
    guard place < keys.count, keys[place] == key else { return nil }
    return try body(&values[place])
  }

  @discardableResult
  public mutating func removeValue(for key: Key) -> Element? {
    let place = lowerBound(of: key)
    guard place < keys.count, keys[place] == key else { return nil }
    keys.remove(at: place)
    return values.remove(at: place)
  }

  /// The index of the first key that is not smaller than `key`.
  public func lowerBound(of key: Key) -> Int {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = low + (high - low) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  public func mapValues<Other>(_ transform: (Element) throws -> Other) rethrows
    -> SortedMap<Key, Other>
  {
    var other = SortedMap<Key, Other>()
    other.keys = keys
    other.values = try values.map(transform)
    return other
  }
}

extension SortedMap: Sequence {
  public struct Iterator: IteratorProtocol {
    let map: SortedMap
    var place = 0

    public mutating func next() -> (key: Key, value: Element)? {
      guard place < map.count else { return nil }
      defer { place += 1 }
      return (map.keys[place], map.values[place])
    }
  }

  public var underestimatedCount: Int { count }

  public func makeIterator() -> Iterator { Iterator(map: self) }
}

extension SortedMap: Equatable where Element: Equatable {}
extension SortedMap: Hashable where Key: Hashable, Element: Hashable {}
extension SortedMap: Sendable where Key: Sendable, Element: Sendable {}

extension SortedMap: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral pairs: (Key, Element)...) {
    self.init(pairs)
  }
}
