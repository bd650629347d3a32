/// A map whose order is the order of its keys, so that nothing depends on hashing.
///
/// A sorted array underneath: look-up is O(log n), insertion of a new key O(n) moves, iteration is
/// contiguous. Build large maps with `init(_:)`, which sorts once. It is inlinable throughout:
/// every module uses it with its own keys, and unspecialised code costs ten times as much.
public struct SortedMap<Key: Comparable, Element> {
  @usableFromInline var sortedKeys: [Key] = []
  @usableFromInline var elements: [Element] = []

  @inlinable
  public init() {}

  /// Of pairs with the same key the last one wins.
  @inlinable
  public init(_ pairs: some Sequence<(Key, Element)>) {
    merge(pairs)
  }

  @inlinable
  public var keys: [Key] { sortedKeys }
  @inlinable
  public var values: [Element] { elements }
  @inlinable
  public var count: Int { sortedKeys.count }
  @inlinable
  public var isEmpty: Bool { sortedKeys.isEmpty }
  @inlinable
  public var first: (key: Key, value: Element)? { isEmpty ? nil : (sortedKeys[0], elements[0]) }
  @inlinable
  public var last: (key: Key, value: Element)? {
    isEmpty ? nil : (sortedKeys[count - 1], elements[count - 1])
  }

  @inlinable
  public subscript(key: Key) -> Element? {
    get {
      let place = lowerBound(of: key)
      return place < sortedKeys.count && sortedKeys[place] == key ? elements[place] : nil
    }
    set {
      let place = lowerBound(of: key)
      let isPresent = place < sortedKeys.count && sortedKeys[place] == key
      switch (isPresent, newValue) {
      case (true, let value?):
        elements[place] = value
      case (false, let value?):
        sortedKeys.insert(key, at: place)
        elements.insert(value, at: place)
      case (true, nil):
        sortedKeys.remove(at: place)
        elements.remove(at: place)
      case (false, nil):
        break
      }
    }
  }

  /// Reads and writes in place; a missing key starts from `value`.
  @inlinable
  public subscript(key: Key, default value: @autoclosure () -> Element) -> Element {
    get { self[key] ?? value() }
    _modify {
      let place = lowerBound(of: key)
      if place == sortedKeys.count || sortedKeys[place] != key {
        sortedKeys.insert(key, at: place)
        elements.insert(value(), at: place)
      }
      yield &elements[place]
    }
  }

  /// Calls `body` with the value in place, without copying it; nil when the key is absent.
  @inlinable
  public mutating func update<Answer>(
    _ key: Key, _ body: (inout Element) throws -> Answer
  ) rethrows -> Answer? {
    let place = lowerBound(of: key)
    guard place < sortedKeys.count, sortedKeys[place] == key else { return nil }
    return try body(&elements[place])
  }

  @discardableResult
  @inlinable
  public mutating func removeValue(for key: Key) -> Element? {
    let place = lowerBound(of: key)
    guard place < sortedKeys.count, sortedKeys[place] == key else { return nil }
    sortedKeys.remove(at: place)
    return elements.remove(at: place)
  }

  /// The index of the first key that is not smaller than `key`.
  @inlinable
  public func lowerBound(of key: Key) -> Int {
    var low = 0
    var high = sortedKeys.count
    while low < high {
      let middle = low + (high - low) / 2
      if sortedKeys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Takes in all `pairs`; of equal keys the last one wins, and wins over what was there.
  ///
  /// Linear for pairs in order that follow what is there; one sort otherwise, so that no order of
  /// arrival costs more than n log n.
  @inlinable
  public mutating func merge(_ pairs: some Sequence<(Key, Element)>) {
    if isEmpty {
      sortedKeys.reserveCapacity(pairs.underestimatedCount)
      elements.reserveCapacity(pairs.underestimatedCount)
    }
    var late: [(Key, Element)] = []
    for pair in pairs {
      if late.isEmpty, sortedKeys.last.map({ $0 < pair.0 }) ?? true {
        sortedKeys.append(pair.0)
        elements.append(pair.1)
      } else {
        late.append(pair)
      }
    }
    if !late.isEmpty { sort(late) }
  }

  @inlinable
  mutating func sort(_ late: [(Key, Element)]) {
    let pairs = Array(zip(sortedKeys, elements)) + late
    let order = pairs.indices.sorted { left, right in
      pairs[left].0 == pairs[right].0 ? left < right : pairs[left].0 < pairs[right].0
    }
    sortedKeys.removeAll(keepingCapacity: true)
    elements.removeAll(keepingCapacity: true)
    for place in order {
      if sortedKeys.last == pairs[place].0 {
        elements[elements.count - 1] = pairs[place].1
      } else {
        sortedKeys.append(pairs[place].0)
        elements.append(pairs[place].1)
      }
    }
  }

  @inlinable
  public func mapValues<Other>(_ transform: (Element) throws -> Other) rethrows
    -> SortedMap<Key, Other>
  {
    var other = SortedMap<Key, Other>()
    other.sortedKeys = sortedKeys
    other.elements = try elements.map(transform)
    return other
  }
}

extension SortedMap: Sequence {
  public struct Iterator: IteratorProtocol {
    @usableFromInline let map: SortedMap
    @usableFromInline var place = 0

    @inlinable
    init(map: SortedMap) { self.map = map }

    @inlinable
    public mutating func next() -> (key: Key, value: Element)? {
      guard place < map.count else { return nil }
      defer { place += 1 }
      return (map.sortedKeys[place], map.elements[place])
    }
  }

  @inlinable
  public var underestimatedCount: Int { count }

  @inlinable
  public func makeIterator() -> Iterator { Iterator(map: self) }
}

extension SortedMap: Equatable where Element: Equatable {
  @inlinable
  public static func == (left: SortedMap, right: SortedMap) -> Bool {
    left.sortedKeys == right.sortedKeys && left.elements == right.elements
  }
}

extension SortedMap: Hashable where Key: Hashable, Element: Hashable {}
extension SortedMap: Sendable where Key: Sendable, Element: Sendable {}

extension SortedMap: ExpressibleByDictionaryLiteral {
  @inlinable
  public init(dictionaryLiteral pairs: (Key, Element)...) {
    self.init(pairs)
  }
}
