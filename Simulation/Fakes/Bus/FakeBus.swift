internal import Domain
public import Ports
public import SimulationKit
internal import Synchronization

/// A bus in the memory of the world, shared by all of its processes, that outlives them.
///
/// Topics are made when they are first named; when a list is given, all others are refused. What
/// the contract of `Bus` leaves open it does in the nastiest way that its faults allow.
public final class FakeBus: Bus {
  /// Which members a group puts out by itself.
  public struct Sessions: Hashable, Sendable {
    /// Without a sign of life from the process.
    public var silenceMax: Duration = .seconds(10)
    /// Without a poll or commit, however alive the process is.
    public var pollGapMax: Duration = .seconds(60)

    public init() {}
  }

  let world: SimulatedWorld
  let state: Mutex<State>
  let chance: WorldRandom
  let latency: WorldRandom
  let sessions: Sessions
  private let isOpen: Bool
  private let families: [String]

  struct State {
    var faults: BusFaults
    var topics: SortedMap<String, [PartitionLog]> = [:]
    var groups: SortedMap<String, ConsumerGroup> = [:]
    var sessionsSoFar: UInt64 = 0
    var waiters: SortedMap<UInt64, Waiter> = [:]
    var waitersSoFar: UInt64 = 0
    var observers: [@Sendable (BusDelivery) -> Void] = []

    func log(_ place: TopicPartition) -> PartitionLog? {
      guard let logs = topics[place.topic], logs.indices.contains(place.partition) else {
        return nil
      }
      return logs[place.partition]
    }
  }

  /// The logs of the topic that was asked for last, for those who go through many places.
  struct OpenTopic {
    private var name = ""
    private var logs: [PartitionLog] = []

    mutating func log(_ place: TopicPartition, in state: State) -> PartitionLog? {
      if place.topic != name { (name, logs) = (place.topic, state.topics[place.topic] ?? []) }
      return logs.indices.contains(place.partition) ? logs[place.partition] : nil
    }
  }

  /// A fetch or poll that has found nothing so far.
  struct Waiter {
    /// Whether a record there could be an answer.
    var concerns: @Sendable (TopicPartition) -> Bool
    /// Tries again; true when it is answered and may go.
    var attempt: @Sendable () -> Bool
  }

  /// - Parameter topics: when given, all others are refused; one that ends in `*` is a family of
  ///   topics by their beginning.
  public init(
    _ world: SimulatedWorld, topics: [String]? = nil, faults: BusFaults = .calm,
    sessions: Sessions = Sessions(), name: String = "bus"
  ) {
    self.world = world
    self.sessions = sessions
    families = (topics ?? []).filter { $0.hasSuffix("*") }.map { String($0.dropLast()) }
    isOpen = topics == nil
    chance = world.stream(named: "\(name) faults")
    latency = world.stream(named: "\(name) latency")
    state = Mutex(State(faults: faults))
    for topic in topics ?? [] where !topic.hasSuffix("*") { makeTopic(topic) }
    world.onClose { [weak self] in
      self?.state.withLock { state in
        state.waiters = [:]
        state.observers = []
      }
    }
    world.onForget { [weak self] in
      self?.state.withLock { state in
        state.topics = [:]
        state.groups = [:]
      }
    }
  }

  // MARK: For tests and oracles, without delay or faults

  public var faults: BusFaults {
    get { state.withLock { $0.faults } }
    set { state.withLock { $0.faults = newValue } }
  }

  /// All records of a topic, partition by partition, visible or not.
  public func records(_ topic: String) -> [BusDelivery] {
    state.withLock { state in
      (state.topics[topic] ?? []).flatMap { log in log.entries.map(\.delivery) }
    }
  }

  /// The topics that there are, sorted.
  public var topics: [String] { state.withLock { $0.topics.keys } }

  /// The groups that there are, sorted.
  public var groups: [String] { state.withLock { $0.groups.keys } }

  /// The offset after the last record that a group has committed in a partition.
  public func committed(_ group: String, _ place: TopicPartition) -> Int64? {
    state.withLock { $0.groups[group]?.committed[place] }
  }

  /// The partitions of each member.
  public func assignments(_ group: String) -> [(member: String, places: [TopicPartition])] {
    state.withLock { state in
      (state.groups[group]?.members.values ?? []).map { ($0.name, $0.places.members) }
    }
  }

  /// Calls `observer` within the world event that appended a record.
  public func observe(_ observer: @escaping @Sendable (BusDelivery) -> Void) {
    state.withLock { $0.observers.append(observer) }
  }

  /// Appends at once, to set a scene.
  ///
  /// - Returns: how long it takes until all of them are visible.
  @discardableResult
  public func append(_ records: [BusRecord]) -> Duration {
    records.reduce(.zero) { max($0, appendOne($1)) }
  }

  // MARK: Disasters

  /// Forgets records before an offset.
  public func trim(_ place: TopicPartition, before offset: Int64) {
    changeLog(place) { $0.trim(before: offset) }
    world.mark("bus.trim", UInt64(bitPattern: offset))
    wake()
  }

  /// Makes all logs of a topic anew, empty. Groups forget what they had committed there, and their
  /// members are put out.
  public func recreate(_ topic: String) {
    state.withLock { state in
      state.topics.update(topic) { logs in
        for place in logs.indices { logs[place].recreate() }
      }
      for name in state.groups.keys {
        state.groups.update(name) { group in
          for place in group.committed.keys where place.topic == topic {
            group.committed.removeValue(for: place)
          }
          if group.members.values.contains(where: { $0.topics.contains(topic) }) {
            group.removeAll()
          }
        }
      }
    }
    world.mark("bus.recreate")
    wake()
  }

  /// A group forgets what it had committed: everything comes again.
  public func forgetOffsets(of group: String) {
    state.withLock { state in
      state.groups.update(group) { group in
        group.committed = [:]
        group.removeAll()
      }
    }
    world.mark("bus.offsets-forgotten")
    wake()
  }

  /// Puts a member out of its group, as after a long pause.
  public func evict(_ member: String, from group: String) {
    let session = state.withLock { $0.groups[group]?.members[member]?.session }
    if let session { remove(member, session: session, from: group) }
  }

  // MARK: Logs

  func checkTopic(_ topic: String) throws(BusError) {
    guard !topic.isEmpty, !topic.utf8.contains(0) else { throw .refused("a topic needs a name") }
    if state.withLock({ $0.topics[topic] != nil }) { return }
    guard isOpen || families.contains(where: topic.hasPrefix) else {
      throw .refused("there is no topic \(topic)")
    }
    makeTopic(topic)
  }

  func checkPlace(_ place: TopicPartition) throws(BusError) {
    try checkTopic(place.topic)
    guard (0..<Partitioning.partitionsPerTopic).contains(place.partition) else {
      throw .refused("there is no partition \(place)")
    }
  }

  private func makeTopic(_ topic: String) {
    let logs = (0..<Partitioning.partitionsPerTopic).map {
      PartitionLog(TopicPartition(topic, $0))
    }
    state.withLock { $0.topics[topic] = logs }
  }

  func log(_ place: TopicPartition) -> PartitionLog? {
    state.withLock { $0.log(place) }
  }

  private func changeLog(_ place: TopicPartition, _ change: (inout PartitionLog) -> Void) {
    state.withLock { state in
      state.topics.update(place.topic) { logs in
        if logs.indices.contains(place.partition) { change(&logs[place.partition]) }
      }
    }
  }

  private func appendOne(_ record: BusRecord) -> Duration {
    guard (try? checkTopic(record.topic)) != nil else { return .zero }
    let place = TopicPartition(record.topic, Partitioning.partition(of: record.key))
    let faults = faults
    let gap = Int64(chance.below(faults.sparsensOffsets ? 4 : 1))
    let delay = latency.length(in: faults.visibilityDelay)
    let (elapsed, now) = (world.elapsed, world.now)
    var visible = elapsed
    var appended: BusDelivery?
    changeLog(place) { log in
      visible = log.append(record, at: now, gap: gap, visibleAt: elapsed + delay)
      appended = log.entries.last?.delivery
    }
    guard let appended else { return .zero }
    world.note("bus.append", UInt64(bitPattern: appended.offset))
    for observer in state.withLock({ $0.observers }) { observer(appended) }
    world.schedule(after: visible - elapsed) { self.wake(place) }
    return visible - elapsed
  }

  // MARK: Waiting

  /// Lets those who wait try again: all of them, or those whom a change in a place concerns.
  func wake(_ place: TopicPartition? = nil) {
    for (number, waiter) in state.withLock({ $0.waiters }) {
      if let place, !waiter.concerns(place) { continue }
      guard waiter.attempt() else { continue }
      state.withLock { _ = $0.waiters.removeValue(for: number) }
    }
  }

  /// Tries now and whenever something changes, until `attempt` is content or the wait is over.
  func serve(
    wait: Duration, concerning concerns: @escaping @Sendable (TopicPartition) -> Bool,
    attempt: @escaping @Sendable () -> Bool, giveUp: @escaping @Sendable () -> Void
  ) {
    if attempt() { return }
    guard wait > .zero else { return giveUp() }
    let number = state.withLock { state in
      state.waitersSoFar += 1
      state.waiters[state.waitersSoFar] = Waiter(concerns: concerns, attempt: attempt)
      return state.waitersSoFar
    }
    world.schedule(after: wait) {
      let isLeft = self.state.withLock { $0.waiters.removeValue(for: number) != nil }
      if isLeft { giveUp() }
    }
  }

  // MARK: Groups

  func places(of topic: String) -> [TopicPartition] {
    (0..<Partitioning.partitionsPerTopic).map { TopicPartition(topic, $0) }
  }

  func remove(_ member: String, session: UInt64, from group: String) {
    state.withLock { state in
      state.groups.update(group) { group in
        group.remove(member, session: session, partitions: places)
      }
    }
    world.mark("bus.evict", session)
    // Whoever waited as this member must learn it, and others may have got its partitions.
    wake()
  }

  /// Looks again after each silence until the member is gone.
  func watch(_ member: String, session: UInt64, of group: String) {
    world.schedule(after: sessions.silenceMax) {
      guard let found = self.member(member, session: session, of: group) else { return }
      let silence = self.world.elapsed - found.lastActive
      let isGone = !found.process.isAlive || found.process.isPaused
      let isIdle = silence >= self.sessions.pollGapMax && !found.isPolling
      if isGone && silence >= self.sessions.silenceMax || isIdle {
        self.remove(member, session: session, from: group)
      } else {
        self.watch(member, session: session, of: group)
      }
    }
  }

  func member(_ name: String, session: UInt64, of group: String) -> ConsumerGroup.Member? {
    state.withLock { $0.groups[group]?.member(name, session: session) }
  }
}
