internal import Domain
public import Ports
internal import Synchronization
public import SystemAdapter

/// The bus on Kafka, by librdkafka. See `Bus` for what it promises.
///
/// Records go to the partitions of their keys by our own function, one idempotent producer in each
/// process, acknowledged by all copies. Places are read by one consumer without a group; each
/// membership is a consumer of its own. No transactions: what counts is decided by idempotent
/// machines, outboxes and fences.
public final class KafkaBus: Bus {
  let configuration: KafkaConfiguration
  let loop: EventLoop
  let time: any Time
  let telemetry: any Telemetry
  let pool: BlockingPool
  let directory: TopicDirectory
  let administrator: TopicAdministrator
  private let producer: Producer
  private let reader: Reader
  private let members = MemberRegistry()

  /// - Throws: `.refused` when the settings make no sense to the library.
  public static func open(
    _ configuration: KafkaConfiguration, on loop: EventLoop, time: any Time,
    randomness: any Randomness, telemetry: any Telemetry
  ) async throws(BusError) -> KafkaBus {
    let opened = PendingAnswer<Result<KafkaBus, BusError>>()
    let result = await opened.value {
      loop.perform {
        do throws(BusError) {
          opened.end(
            .success(try KafkaBus(configuration, loop, time, randomness, telemetry)))
        } catch {
          opened.end(.failure(error))
        }
      }
    }
    return try result.get()
  }

  private init(
    _ configuration: KafkaConfiguration, _ loop: EventLoop, _ time: any Time,
    _ randomness: any Randomness, _ telemetry: any Telemetry
  ) throws(BusError) {
    self.configuration = configuration
    self.loop = loop
    self.time = time
    self.telemetry = telemetry
    pool = BlockingPool(name: "kafka", threads: 4, waitingMax: 1_024)
    producer = Producer(configuration, on: loop, pool: pool, telemetry: telemetry)
    reader = try Reader(
      configuration, on: loop, time: time, pool: pool, telemetry: telemetry)
    administrator = TopicAdministrator(
      client: reader.client, answerWithin: configuration.answerWithin)
    directory = TopicDirectory(
      configuration, administrator, pool: pool, randomness: randomness)
    try producer.open()
  }

  /// Ends everything that is under way. Members do not leave their groups by it.
  public func close() async {
    await members.closeAll()
    await withCheckedContinuation { continuation in
      loop.perform {
        self.producer.close()
        self.reader.close()
        continuation.resume()
      }
    }
    let client = reader.client
    _ = try? await pool.run { client.destroy() }
  }

  public func publish(_ records: [BusRecord]) async throws(BusError) {
    for record in records {
      if let fault = BusRules.fault(in: record) { throw .refused(fault) }
    }
    try await ensure(records.lazy.map(\.topic))
    try await producer.publish(records)
  }

  public func bounds(_ places: [TopicPartition]) async throws(BusError) -> [LogBounds] {
    try check(places)
    try await ensure(places.lazy.map(\.topic))
    let marks = TopicPartition(TopicPlan.incarnations, 0)
    return try await directory.bounds(places) { offset throws(BusError) in
      try await reader.fetch(
        [(marks, offset)], recordsMax: 1_000, wait: configuration.answerWithin)
    } write: { record throws(BusError) in
      try await producer.publish([record], partition: 0)
    }
  }

  public func fetch(
    _ from: [(place: TopicPartition, offset: Int64)], recordsMax: Int, wait: Duration
  ) async throws(BusError) -> [BusDelivery] {
    guard recordsMax > 0 else { throw .refused("at least one record must be asked for") }
    try check(from.map(\.place))
    try await ensure(from.lazy.map(\.place.topic))
    return try await reader.fetch(from, recordsMax: recordsMax, wait: wait)
  }

  public func join(
    group: String, member: String, topics: [String]
  ) async throws(BusError) -> any BusMembership {
    if let fault = BusRules.fault(inNames: [group, member]) { throw .refused(fault) }
    try await ensure(topics)
    let membership = KafkaMembership(self, group: group, member: member)
    await members.replace(membership)
    try await membership.begin(topics)
    return membership
  }

  /// Makes the declared topics that are missing. Those that are there keep their settings.
  ///
  /// - Parameter isDry: whether nothing is made.
  /// - Returns: the names of those that were missing.
  /// - Throws: `.refused` when one is there with another number of partitions, or the brokers
  ///   forbid it.
  public func applyTopics(isDry: Bool = false) async throws(BusError) -> [String] {
    let (administrator, configuration) = (administrator, configuration)
    return try await blocking(pool) { () throws(BusError) in
      let found = try administrator.topics()
      var wanted: [TopicPlan] = []
      for case .topic(let name) in configuration.declarations {
        guard let plan = TopicPlan.topic(name, configuration) else { continue }
        guard let partitions = found[name] else {
          wanted.append(plan)
          continue
        }
        try plan.check(partitions)
      }
      let marks = TopicPlan.incarnations(configuration)
      if found[marks.name] == nil { wanted.append(marks) }
      if !isDry, !wanted.isEmpty { try administrator.make(wanted) }
      return wanted.map(\.name)
    }
  }

  private func ensure(_ topics: some Sequence<String>) async throws(BusError) {
    try await directory.ensure(topics) { await producer.warm($0) }
  }

  private func check(_ places: [TopicPartition]) throws(BusError) {
    for place in places where !(0..<Partitioning.partitionsPerTopic).contains(place.partition) {
      throw .refused(
        "\(place): a topic has partitions 0 to \(Partitioning.partitionsPerTopic - 1)")
    }
  }
}
