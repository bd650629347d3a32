/// Values by their keys, to be looked up and not gone through: there is no order that hashing could
/// decide. Every operation takes the same time however much is in it, unlike those of `SortedMap`.
public struct LookupMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private var entries: [Key: Value] = [:]

  public init() {}

  public var count: Int { entries.count }
  public var isEmpty: Bool { entries.isEmpty }

  public subscript(key: Key) -> Value? {
    get { entries[key] }
    set { entries[key] = newValue }
  }

  /// What was there.
  @discardableResult
  public mutating func removeValue(for key: Key) -> Value? { entries.removeValue(forKey: key) }

  public mutating func removeAll() { entries = [:] }
}

/// What is in it can be asked, and not gone through; see `LookupMap`.
public struct LookupSet<Element: Hashable & Sendable>: Hashable, Sendable {
  private var elements: Set<Element>

  public init() { elements = [] }

  public init(_ elements: some Sequence<Element>) { self.elements = Set(elements) }

  public var count: Int { elements.count }
  public var isEmpty: Bool { elements.isEmpty }

  public func contains(_ element: Element) -> Bool { elements.contains(element) }

  /// Whether it is new.
  @discardableResult
  public mutating func insert(_ element: Element) -> Bool { elements.insert(element).inserted }

  public mutating func remove(_ element: Element) { elements.remove(element) }
}
