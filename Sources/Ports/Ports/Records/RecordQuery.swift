/// A read of one index, or of the key when `index` is nil.
///
/// The order is that of the index's columns, then of the key's columns that are not among them;
/// each by the order of `RecordValue`, all reversed when `isDescending`. Prefix and range take
/// columns of that order. Rows with a null are matched by no prefix and by no range over that
/// column.
public struct RecordQuery: Hashable, Sendable {
  /// The end of a range over the column that follows the equality prefix.
  public enum Bound: Hashable, Sendable {
    case including(RecordValue)
    case excluding(RecordValue)
  }

  public var table: String
  public var index: String?
  /// The first columns of the order equal these. A null here or in a bound is `.refused`.
  public var prefix: [RecordValue]
  public var lower: Bound?
  public var upper: Bound?
  public var isDescending: Bool
  /// 1 to 10,000.
  public var limit: Int
  /// Where the page before ended; from the same query. A place, not a row: the row may be gone.
  public var after: RecordCursor?

  public init(
    table: String, index: String? = nil, prefix: [RecordValue] = [], lower: Bound? = nil,
    upper: Bound? = nil, isDescending: Bool = false, limit: Int, after: RecordCursor? = nil
  ) {
    self.table = table
    self.index = index
    self.prefix = prefix
    self.lower = lower
    self.upper = upper
    self.isDescending = isDescending
    self.limit = limit
    self.after = after
  }
}

/// The place of a row in an index: its indexed columns, then its key.
public struct RecordCursor: Hashable, Sendable {
  public var values: [RecordValue]
  public init(values: [RecordValue]) { self.values = values }
}

public struct RecordPage: Hashable, Sendable {
  public var rows: [StoredRow]
  /// Nil when nothing follows.
  public var next: RecordCursor?

  public init(rows: [StoredRow], next: RecordCursor?) {
    self.rows = rows
    self.next = next
  }
}
