internal import Ports

/// A key or a place in an index: values compared one after the other.
struct RecordKey: Hashable, Comparable {
  var values: [RecordValue]

  static func < (left: RecordKey, right: RecordKey) -> Bool {
    left.values.lexicographicallyPrecedes(right.values)
  }
}
