internal import Domain
internal import Ports
internal import Synchronization
internal import SystemAdapter

/// The topics that are there, and in which incarnation.
///
/// Kafka does not tell clients of its version when a topic was made anew. So whoever makes one
/// writes a record with a random name for it into the topic `millrace.topics`; a topic without such
/// a record gets one from whoever misses it first.
final class TopicDirectory: Sendable {
  private struct State {
    var known: Set<String> = []
    var incarnations: [String: String] = [:]
    /// Where the topic of incarnations is read on.
    var next: Int64?
  }

  private let state = Mutex(State())
  private let configuration: KafkaConfiguration
  private let administrator: TopicAdministrator
  private let pool: BlockingPool
  private let randomness: any Randomness

  init(
    _ configuration: KafkaConfiguration, _ administrator: TopicAdministrator, pool: BlockingPool,
    randomness: any Randomness
  ) {
    self.configuration = configuration
    self.administrator = administrator
    self.pool = pool
    self.randomness = randomness
  }

  /// Returns when all of them are there.
  ///
  /// - Parameter new: called with those that were not known before.
  /// - Throws: `.refused` when one is not declared, missing, or has another number of partitions.
  func ensure(
    _ names: some Sequence<String>, new: ([String]) async -> Void
  ) async throws(BusError) {
    let missing = state.withLock { state in
      var missing: Set<String> = []
      for name in names where !state.known.contains(name) { missing.insert(name) }
      return missing
    }.sorted()
    guard !missing.isEmpty else { return }
    var plans: [TopicPlan] = []
    for name in missing {
      guard let plan = TopicPlan.topic(name, configuration) else {
        throw .refused("topic \(name) is not declared")
      }
      plans.append(plan)
    }
    let (administrator, configuration, wished) = (administrator, configuration, plans)
    try await blocking(pool) { () throws(BusError) in
      let found = try administrator.topics()
      var wanted: [TopicPlan] = []
      if found[TopicPlan.incarnations] == nil {
        wanted.append(TopicPlan.incarnations(configuration))
      }
      for plan in wished {
        if let partitions = found[plan.name] {
          try plan.check(partitions)
        } else if configuration.makesTopics
          || !configuration.declarations.contains(.topic(plan.name))
        {
          wanted.append(plan)
        } else {
          throw .refused("topic \(plan.name) is not there; run millrace admin topics apply")
        }
      }
      if !wanted.isEmpty { try administrator.make(wanted) }
    }
    await new(missing)
    state.withLock { $0.known.formUnion(missing) }
  }

  /// What the logs hold, with the incarnations of their topics.
  ///
  /// - Parameters:
  ///   - read: reads the topic of incarnations from an offset on.
  ///   - write: appends a record to it.
  func bounds(
    _ places: [TopicPartition],
    read: (Int64) async throws(BusError) -> [BusDelivery],
    write: (BusRecord) async throws(BusError) -> Void
  ) async throws(BusError) -> [LogBounds] {
    let administrator = administrator
    let marks = TopicPartition(TopicPlan.incarnations, 0)
    let (ends, starts) = try await blocking(pool) { () throws(BusError) in
      let ends = try administrator.offsets(places + [marks], .end)
      return (ends, try administrator.offsets(places + [marks], .earliest))
    }
    try await learn(from: starts[marks] ?? 0, to: ends[marks] ?? 0, read)
    for name in Set(places.map(\.topic)).sorted() where incarnation(name) == nil {
      let made = String(randomness.next(), radix: 16)
      try await write(
        BusRecord(topic: TopicPlan.incarnations, key: name, value: [UInt8](made.utf8)))
      state.withLock { $0.incarnations[name] = made }
    }
    var bounds: [LogBounds] = []
    for place in places {
      guard let earliest = starts[place], let end = ends[place], end >= 0 else {
        throw .unavailable("the broker does not say where \(place) begins and ends")
      }
      bounds.append(
        LogBounds(
          incarnation: incarnation(place.topic) ?? "", earliest: max(earliest, 0),
          end: max(end, earliest)))
    }
    return bounds
  }

  private func incarnation(_ topic: String) -> String? {
    state.withLock { $0.incarnations[topic] }
  }

  private func learn(
    from start: Int64, to end: Int64, _ read: (Int64) async throws(BusError) -> [BusDelivery]
  ) async throws(BusError) {
    var next = state.withLock { $0.next } ?? start
    // The topic of incarnations was made anew itself: everything was.
    if next > end || next < start {
      state.withLock { $0.incarnations = [:] }
      next = start
    }
    while next < end {
      let records = try await read(next)
      guard let last = records.last else { break }
      state.withLock { state in
        for delivery in records {
          state.incarnations[delivery.record.key] =
            String(decoding: delivery.record.value, as: UTF8.self)
        }
      }
      next = last.offset + 1
    }
    let reached = next
    state.withLock { $0.next = reached }
  }
}

/// Runs what blocks on a thread of the pool.
func blocking<Success: Sendable>(
  _ pool: BlockingPool, _ work: @escaping @Sendable () throws(BusError) -> Success
) async throws(BusError) -> Success {
  let result: Result<Success, BusError>
  do throws(BlockingPool.Refusal) {
    result = try await pool.run {
      do throws(BusError) { return .success(try work()) } catch { return .failure(error) }
    }
  } catch {
    throw .unavailable("too many questions to the broker wait for their answers")
  }
  return try result.get()
}
