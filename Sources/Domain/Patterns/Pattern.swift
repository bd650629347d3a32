/// A pattern on strings that is matched in linear time: a subset of regular expressions without
/// back-references, at most 1 KiB.
public struct Pattern: Hashable, Sendable {
  public var source: String

  init(source: String) {
    self.source = source
  }
}
