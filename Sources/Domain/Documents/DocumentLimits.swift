/// How large a document may be before it is refused unread.
public struct DocumentLimits: Hashable, Sendable {
  public var bytesMax: Int
  /// Mappings and sequences inside each other.
  public var depthMax: Int
  /// Scalars, and starts and ends of mappings and sequences: what bounds the memory that a document
  /// of one-byte scalars takes. A definition of 10,000 tasks needs fewer than 400,000.
  public var eventsMax: Int

  public init(bytesMax: Int = 4 << 20, depthMax: Int = 32, eventsMax: Int = 600_000) {
    self.bytesMax = bytesMax
    self.depthMax = depthMax
    self.eventsMax = eventsMax
  }
}
