/// A value of a key or of an indexed column.
///
/// Text is UTF-8 without NUL and sorts by bytes; indexed values have at most 1 KiB; nulls sort last
/// and stay out of unique indexes. Backends refuse the rest with `.refused`. Texts are equal when
/// their bytes are: letters that look alike are different keys.
public enum RecordValue: Hashable, Sendable {
  case null
  case integer(Int64)
  case text(String)
  case bytes([UInt8])

  /// An integer, or null when there is none.
  public static func optional(_ number: Int64?) -> RecordValue {
    number.map(RecordValue.integer) ?? .null
  }

  /// A text, or null when there is none.
  public static func optional(_ text: String?) -> RecordValue {
    text.map(RecordValue.text) ?? .null
  }
}

extension RecordValue {
  /// Swift's own equality of strings goes by canonical equivalence, which no backend knows.
  public static func == (left: RecordValue, right: RecordValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.integer(let one), .integer(let other)): one == other
    case (.text(let one), .text(let other)): one.equalsByBytes(other)
    case (.bytes(let one), .bytes(let other)): one == other
    case (.null, _), (.integer, _), (.text, _), (.bytes, _): false
    }
  }
}

/// The order of every backend: null last, integers by value, text and bytes by bytes.
extension RecordValue: Comparable {
  public static func < (left: RecordValue, right: RecordValue) -> Bool {
    switch (left, right) {
    case (.integer(let one), .integer(let other)): one < other
    case (.text(let one), .text(let other)): one.precedesByBytes(other)
    case (.bytes(let one), .bytes(let other)): one.lexicographicallyPrecedes(other)
    case (.null, _): false
    case (_, .null): true
    case (.integer, _), (.text, .bytes): true
    case (.text, _), (.bytes, _): false
    }
  }
}

/// A commit's id: 64 random bits, the same on all rows of its batch. Never a counter, so that a row
/// that was deleted and inserted again is never mistaken for the old one.
public struct CommitID: Hashable, Sendable, CustomStringConvertible {
  public var bits: UInt64
  public init(bits: UInt64) { self.bits = bits }
  public var description: String { String(bits, radix: 16) }
}

extension String {
  /// Keys are compared for every row that is written: whole texts at once where they are in one
  /// piece, as all are that were not made elsewhere.
  fileprivate func equalsByBytes(_ other: String) -> Bool {
    let answer = utf8.withContiguousStorageIfAvailable { one in
      other.utf8.withContiguousStorageIfAvailable { other in
        one.count == other.count && one.elementsEqual(other)
      }
    }
    return (answer ?? nil) ?? utf8.elementsEqual(other.utf8)
  }

  fileprivate func precedesByBytes(_ other: String) -> Bool {
    let answer = utf8.withContiguousStorageIfAvailable { one in
      other.utf8.withContiguousStorageIfAvailable { other in
        one.lexicographicallyPrecedes(other)
      }
    }
    return (answer ?? nil) ?? utf8.lexicographicallyPrecedes(other.utf8)
  }
}
