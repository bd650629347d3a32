/// Lengths of time, and what is usual among them.
public struct Lengths: Hashable, Sendable {
  private var all: [Duration] = []

  public init() {}

  public var count: Int { all.count }

  /// Negative ones, as of clocks that were set back, count as nothing.
  public mutating func add(_ length: Duration) {
    all.append(max(length, .zero))
  }

  /// The least length that so many percent of all do not exceed (nearest rank); nil when there are
  /// none.
  public func quantiles(_ percents: [Int]) -> [Duration]? {
    guard !all.isEmpty else { return nil }
    let sorted = all.sorted()
    return percents.map { percent in
      let rank = (min(max(percent, 0), 100) * sorted.count + 99) / 100
      return sorted[max(rank, 1) - 1]
    }
  }
}
