/// What went wrong, by what the caller can do.
public enum BusError: Error, Hashable, Sendable {
  /// The records may have been appended, once or more often, or not; publish again.
  case outcomeUnknown
  /// Surely not appended, or not readable now; try later.
  case unavailable(String)
  /// Will never work: unknown topic, record too large.
  case refused(String)
  /// The offset is below what the log still holds, or the log was made anew: ask for the bounds.
  case offsetGone
  /// This member is no longer in its group: join again. What it did not commit comes again.
  case fenced
}

/// Topics of records in partitions, at least once.
///
/// Records of one key from one call of `publish` keep their order. A record may come twice, with
/// another offset, after any unknown outcome. A published record is durable when `publish` returns.
/// All methods may be called at once from many tasks.
public protocol Bus: Sendable {
  /// Appends the records to the partitions of their keys. Not atomic: after an error, any of them
  /// may be there.
  func publish(_ records: [BusRecord]) async throws(BusError)

  /// What the logs hold, in the order of the places; each as it was at some moment of the call.
  func bounds(_ places: [TopicPartition]) async throws(BusError) -> [LogBounds]

  /// Reads without a group from the given offsets, each at or after its offset, in order within a
  /// partition. Waits up to `wait` when there is nothing; then, and when the task is cancelled,
  /// answers an empty list. A publication wakes it. No place starves another.
  ///
  /// - Throws: `.offsetGone` when the offset of any place is below the first record or beyond the
  ///   end.
  func fetch(
    _ from: [(place: TopicPartition, offset: Int64)], recordsMax: Int, wait: Duration
  ) async throws(BusError) -> [BusDelivery]

  /// Joins a consumer group under a static member name. Whoever had that name in the group is
  /// fenced, and its partitions go on at what the group has committed. A group that has committed
  /// nothing begins at the first record.
  func join(group: String, member: String, topics: [String]) async throws(BusError)
    -> any BusMembership
}

/// A member of a consumer group.
///
/// Partitions are shared among the members and may move at any time; records that were delivered
/// and not committed come again, to this member or to another.
public protocol BusMembership: Sendable {
  /// Waits up to `wait` when there is nothing; then, and when the task is cancelled, answers an
  /// empty list. A publication wakes it, and so does being fenced.
  ///
  /// - Throws: `.offsetGone` once when records were deleted that the group had not committed; the
  ///   group goes on at the first record that is left.
  func poll(recordsMax: Int, wait: Duration) async throws(BusError) -> [BusDelivery]

  /// Says that everything up to and including these records has taken effect: it does not come
  /// again, whoever gets the partition. Committing less than before changes nothing.
  ///
  /// - Throws: `.unavailable` also while partitions move between members: the records come again.
  func commit(_ upTo: [BusDelivery]) async throws(BusError)

  /// Gives the partitions back; the membership is fenced from then on.
  func leave() async
}

extension Bus {
  public func bounds(_ place: TopicPartition) async throws(BusError) -> LogBounds {
    guard let found = try await bounds([place]).first else {
      throw .unavailable("the bus says nothing of \(place)")
    }
    return found
  }
}
