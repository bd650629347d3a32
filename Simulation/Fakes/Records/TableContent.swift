internal import Domain
internal import Ports

/// The rows of one table with all of its indexes.
struct TableContent {
  let declaration: TableDeclaration
  private let keyOrder: RecordOrder
  private(set) var rows: SortedMap<RecordKey, StoredRow> = [:]
  private(set) var indexes: [IndexContent]

  init(_ declaration: TableDeclaration) throws(StoreError) {
    try RecordRules.check(declaration)
    guard let keyOrder = RecordOrder(declaration.key.map(\.name), of: declaration) else {
      throw .refused("\(declaration.name) has a key that is not declared")
    }
    self.declaration = declaration
    self.keyOrder = keyOrder
    var indexes: [IndexContent] = []
    for index in declaration.indexes {
      guard let content = IndexContent(index, of: declaration) else {
        throw .refused("\(index.name) of \(declaration.name) names an undeclared column")
      }
      indexes.append(content)
    }
    self.indexes = indexes
  }

  mutating func insert(_ row: Row, version: CommitID) {
    rows[RecordKey(values: row.key)] = StoredRow(row: row, version: version)
    for place in indexes.indices { indexes[place].add(row) }
  }

  mutating func remove(_ key: RecordKey) {
    guard let old = rows.removeValue(for: key) else { return }
    for place in indexes.indices { indexes[place].remove(old.row) }
  }

  mutating func update(_ row: Row, version: CommitID) {
    let key = RecordKey(values: row.key)
    let old = rows[key]
    rows[key] = StoredRow(row: row, version: version)
    if let old, old.row.columns == row.columns { return }
    for place in indexes.indices {
      if let old { indexes[place].remove(old.row) }
      indexes[place].add(row)
    }
  }

  // MARK: Reading in order

  private struct Window {
    var start: Int
    var end: Int
  }

  func page(_ query: RecordQuery, limit: Int) throws(StoreError) -> RecordPage {
    guard (1...RecordRules.limitMax).contains(query.limit) else {
      throw .refused("a limit of \(query.limit) is not between 1 and 10,000")
    }
    guard let name = query.index else {
      let window = try window(query, keyOrder, rows.keys)
      return page(query, keyOrder, window, limit) { rows.values[$0] }
    }
    guard let index = indexes.first(where: { $0.declaration.name == name }) else {
      throw .refused("\(declaration.name) has no index \(name)")
    }
    let window = try window(query, index.order, index.entries.keys)
    return page(query, index.order, window, limit) { rows[index.entries.values[$0]] }
  }

  private func page(
    _ query: RecordQuery, _ order: RecordOrder, _ window: Window, _ limit: Int,
    _ row: (Int) -> StoredRow?
  ) -> RecordPage {
    let available = max(window.end - window.start, 0)
    let count = min(available, limit)
    var found: [StoredRow] = []
    found.reserveCapacity(count)
    for step in 0..<count {
      let place = query.isDescending ? window.end - 1 - step : window.start + step
      if let row = row(place) { found.append(row) }
    }
    guard available > count, let last = found.last else {
      return RecordPage(rows: found, next: nil)
    }
    let values = order.place(of: last.row).values
    return RecordPage(rows: found, next: RecordCursor(values: values))
  }

  /// The places of the order that a query reads.
  private func window(
    _ query: RecordQuery, _ order: RecordOrder, _ places: [RecordKey]
  ) throws(StoreError) -> Window {
    try checkPlaces(query, order)
    let depth = query.prefix.count
    let hasBound = query.lower != nil || query.upper != nil
    var window = Window(start: 0, end: 0)
    window.start = firstPlace(in: places) { place in
      let head = place.values.prefix(depth)
      guard head.elementsEqual(query.prefix) else {
        return !head.lexicographicallyPrecedes(query.prefix)
      }
      return switch query.lower {
      case .including(let value)?: place.values[depth] >= value
      case .excluding(let value)?: place.values[depth] > value
      case nil: true
      }
    }
    window.end = firstPlace(in: places) { place in
      let head = place.values.prefix(depth)
      guard head.elementsEqual(query.prefix) else {
        return !head.lexicographicallyPrecedes(query.prefix)
      }
      // Nulls are last, so that cutting there leaves them out of every range.
      if hasBound, place.values[depth] == .null { return true }
      return switch query.upper {
      case .including(let value)?: place.values[depth] > value
      case .excluding(let value)?: place.values[depth] >= value
      case nil: false
      }
    }
    guard let after = query.after else { return window }
    let cursor = RecordKey(values: after.values)
    if query.isDescending {
      window.end = min(window.end, firstPlace(in: places) { $0 >= cursor })
    } else {
      window.start = max(window.start, firstPlace(in: places) { $0 > cursor })
    }
    return window
  }

  private func checkPlaces(_ query: RecordQuery, _ order: RecordOrder) throws(StoreError) {
    let bounds = [query.lower, query.upper].compactMap { bound in
      switch bound {
      case .including(let value)?, .excluding(let value)?: value
      case nil: nil
      }
    }
    let depth = query.prefix.count
    guard depth + (bounds.isEmpty ? 0 : 1) <= order.columns.count else {
      throw .refused("the query of \(declaration.name) names more columns than its order has")
    }
    guard !query.prefix.contains(.null), !bounds.contains(.null) else {
      throw .refused("a query of \(declaration.name) compares with null")
    }
    try RecordRules.check(
      query.prefix, against: Array(order.columns.prefix(depth)), "a prefix of \(declaration.name)")
    for bound in bounds {
      try RecordRules.check(
        [bound], against: [order.columns[depth]], "a bound of \(declaration.name)")
    }
    guard let after = query.after else { return }
    try RecordRules.check(
      after.values, against: order.columns, "a cursor of \(declaration.name)")
  }

  /// The first place for which the predicate holds; it must hold for all that follow.
  private func firstPlace(in places: [RecordKey], _ holds: (RecordKey) -> Bool) -> Int {
    var (low, high) = (0, places.count)
    while low < high {
      let middle = low + (high - low) / 2
      if holds(places[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
