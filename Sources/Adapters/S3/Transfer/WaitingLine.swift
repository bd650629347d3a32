internal import Domain

/// Requests that wait for a place, in the order in which they came.
struct WaitingLine {
  private var items: [(exchange: TransferExchange, deadline: Uptime)] = []
  private var first = 0

  var isEmpty: Bool { first == items.count }
  var count: Int { items.count - first }
  /// When the first of them has waited too long.
  var deadline: Uptime? { isEmpty ? nil : items[first].deadline }

  mutating func append(_ exchange: TransferExchange, until deadline: Uptime) {
    items.append((exchange, deadline))
  }

  mutating func takeFirst() -> TransferExchange? {
    guard !isEmpty else { return nil }
    defer {
      first += 1
      if first == items.count || first >= 1_024 {
        items.removeFirst(first)
        first = 0
      }
    }
    return items[first].exchange
  }

  mutating func takeLate(at now: Uptime) -> TransferExchange? {
    guard let deadline, deadline <= now else { return nil }
    return takeFirst()
  }
}
