import Ports

/// A bus whose topics and groups have names of their own on a broker that many tests share.
struct RenamedBus: Bus {
  private let bus: any Bus
  private let prefix: String

  init(_ bus: any Bus, prefix: String) {
    self.bus = bus
    self.prefix = prefix
  }

  func outer(_ place: TopicPartition) -> TopicPartition {
    TopicPartition(prefix + place.topic, place.partition)
  }

  func publish(_ records: [BusRecord]) async throws(BusError) {
    try await bus.publish(
      records.map { record in
        var renamed = record
        renamed.topic = prefix + record.topic
        return renamed
      })
  }

  func bounds(_ places: [TopicPartition]) async throws(BusError) -> [LogBounds] {
    try await bus.bounds(places.map(outer))
  }

  func fetch(
    _ from: [(place: TopicPartition, offset: Int64)], recordsMax: Int, wait: Duration
  ) async throws(BusError) -> [BusDelivery] {
    try await bus.fetch(
      from.map { (outer($0.place), $0.offset) }, recordsMax: recordsMax, wait: wait
    ).map(inner)
  }

  func join(
    group: String, member: String, topics: [String]
  ) async throws(BusError) -> any BusMembership {
    Membership(
      try await bus.join(
        group: prefix + group, member: member, topics: topics.map { prefix + $0 }), self)
  }

  private func inner(_ delivery: BusDelivery) -> BusDelivery {
    var renamed = delivery
    renamed.record.topic = String(delivery.record.topic.dropFirst(prefix.count))
    renamed.place = TopicPartition(renamed.record.topic, delivery.place.partition)
    return renamed
  }

  private func outer(_ delivery: BusDelivery) -> BusDelivery {
    var renamed = delivery
    renamed.record.topic = prefix + delivery.record.topic
    renamed.place = outer(delivery.place)
    return renamed
  }

  private struct Membership: BusMembership {
    private let membership: any BusMembership
    private let names: RenamedBus

    init(_ membership: any BusMembership, _ names: RenamedBus) {
      self.membership = membership
      self.names = names
    }

    func poll(recordsMax: Int, wait: Duration) async throws(BusError) -> [BusDelivery] {
      try await membership.poll(recordsMax: recordsMax, wait: wait).map(names.inner)
    }

    func commit(_ upTo: [BusDelivery]) async throws(BusError) {
      try await membership.commit(upTo.map(names.outer))
    }

    func leave() async { await membership.leave() }
  }
}
