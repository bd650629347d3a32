internal import Domain

/// Whose turn it is in one pool: namespaces one after the other, so that no tenant holds back the
/// others; within a namespace priorities by their shares; within a priority runs one after the
/// other.
struct OfferTurns: Sendable {
  /// First in, first out.
  private struct Line<Item: Sendable>: Sendable {
    private var items: [Item] = []
    private var first = 0

    var isEmpty: Bool { first == items.count }

    mutating func append(_ item: Item) { items.append(item) }

    mutating func next() -> Item? {
      guard first < items.count else { return nil }
      let item = items[first]
      first += 1
      if first > 1_024, first * 2 > items.count {
        items.removeFirst(first)
        first = 0
      }
      return item
    }
  }

  /// The runs of one namespace.
  private struct Tenant: Sendable {
    /// In the order of `Priority.allCases`.
    private var lines = Priority.allCases.map { _ in Line<RunID>() }
    private var turnsLeft = Priority.allCases.map(\.share)

    var isEmpty: Bool { lines.allSatisfy(\.isEmpty) }

    mutating func append(_ run: RunID, _ place: Int) { lines[place].append(run) }

    /// The highest priority goes first, as long as it has turns left; when nobody who waits has
    /// any, all get theirs anew.
    mutating func next() -> RunID? {
      for _ in 0..<2 {
        for place in lines.indices.reversed() where turnsLeft[place] > 0 {
          guard let run = lines[place].next() else { continue }
          turnsLeft[place] -= 1
          return run
        }
        turnsLeft = Priority.allCases.map(\.share)
      }
      return nil
    }
  }

  private var tenants: SortedMap<NamespaceName, Tenant> = [:]
  private var line = Line<NamespaceName>()
  private var queued: SortedSet<RunID> = []

  mutating func append(_ run: RunID, of namespace: NamespaceName, _ priority: Priority) {
    guard queued.insert(run) else { return }
    if tenants[namespace] == nil { line.append(namespace) }
    let place = Priority.allCases.firstIndex(of: priority) ?? 0
    tenants[namespace, default: Tenant()].append(run, place)
  }

  /// The run whose turn it is; it leaves the line.
  mutating func next() -> RunID? {
    guard let namespace = line.next(), let run = tenants[namespace, default: Tenant()].next()
    else { return nil }
    queued.remove(run)
    if tenants[namespace]?.isEmpty == true {
      tenants.removeValue(for: namespace)
    } else {
      line.append(namespace)
    }
    return run
  }
}
