public import Domain

/// Who wants to be told of runs, and where.
public struct SubscriptionID: PrefixedID {
  public static let prefix = "sub_"
  public let id: SortableID
  public init(_ id: SortableID) { self.id = id }
}

/// One message to one recipient. The same over all of its attempts, and what receivers recognise a
/// repetition by.
public struct DeliveryID: PrefixedID {
  public static let prefix = "ntf_"
  public let id: SortableID
  public init(_ id: SortableID) { self.id = id }

  /// The id of what one end of a run means for one recipient: whoever works it out, however often,
  /// gets the same.
  ///
  /// - Parameter digest: at least 16 bytes of a content hash over run, revision and recipient.
  public init(endedAt: Moment, digest: [UInt8]) {
    var rest = digest[...]
    func take() -> UInt64 {
      defer { rest = rest.dropFirst(8) }
      return rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
    self.init(SortableID(at: endedAt, random: take))
  }
}
