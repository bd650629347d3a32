internal import CKafka
internal import Domain
internal import Glibc
internal import Ports
internal import Synchronization
internal import SystemAdapter

/// One handle of the library with its queue of events. It has threads of its own, which only reach
/// us by that queue.
///
/// Made and used on the loop. Calls that block go to threads of a pool, by `use`.
final class KafkaClient: @unchecked Sendable {
  enum Role { case producer, consumer }

  let handle: OpaquePointer
  let queue: OpaquePointer
  private let telemetry: any Telemetry
  private let name: String
  /// Held for reading by calls that block, for writing by the end.
  private let gate: UnsafeMutablePointer<pthread_rwlock_t>
  private var isDestroyed = false
  private let said = Mutex("")

  /// What the library last said is wrong with a broker: calls that fail only say that it is away.
  var complaint: String { said.withLock { $0 } }

  init(
    _ role: Role, _ settings: KafkaConfiguration.Settings, named name: String,
    telemetry: any Telemetry
  ) throws(BusError) {
    self.telemetry = telemetry
    self.name = name
    let configuration = try KafkaClient.configuration(settings)
    let events =
      RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG
      | (role == .producer
        ? RD_KAFKA_EVENT_DR
        : RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT)
    rd_kafka_conf_set_events(configuration, events)
    var message = [CChar](repeating: 0, count: 512)
    let kind = role == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER
    guard let handle = rd_kafka_new(kind, configuration, &message, message.count) else {
      rd_kafka_conf_destroy(configuration)
      throw .refused("the client of the brokers cannot be made: \(message.text)")
    }
    self.handle = handle
    gate = .allocate(capacity: 1)
    pthread_rwlock_init(gate, nil)
    if role == .consumer { rd_kafka_poll_set_consumer(handle) }
    rd_kafka_set_log_queue(handle, nil)
    queue =
      role == .producer
      ? rd_kafka_queue_get_main(handle) : rd_kafka_queue_get_consumer(handle)
  }

  private static func configuration(
    _ settings: KafkaConfiguration.Settings
  ) throws(BusError) -> OpaquePointer {
    let configuration: OpaquePointer = rd_kafka_conf_new()
    var message = [CChar](repeating: 0, count: 512)
    for (name, value) in settings {
      let code = rd_kafka_conf_set(configuration, name, value, &message, message.count)
      guard code == RD_KAFKA_CONF_OK else {
        rd_kafka_conf_destroy(configuration)
        throw .refused("the setting \(name) of the broker's client: \(message.text)")
      }
    }
    return configuration
  }

  /// The next event; the caller destroys it. Log lines are told and not given.
  func nextEvent() -> OpaquePointer? {
    while let event = rd_kafka_queue_poll(queue, 0) {
      guard rd_kafka_event_type(event) == RD_KAFKA_EVENT_LOG else { return event }
      tellLog(event)
      rd_kafka_event_destroy(event)
    }
    return nil
  }

  private func tellLog(_ event: OpaquePointer) {
    var facility: UnsafePointer<CChar>?
    var text: UnsafePointer<CChar>?
    var level: Int32 = 0
    guard rd_kafka_event_log(event, &facility, &text, &level) == 0, let text else { return }
    telemetry.log(
      level <= 4 ? .warning : .debug, "kafka.client",
      [
        ("client", name), ("topic", facility.map { String(cString: $0) } ?? ""),
        ("text", String(cString: text)),
      ])
  }

  /// Tells of an error that concerns nobody in particular.
  func tell(_ event: OpaquePointer) {
    let code = rd_kafka_event_error(event)
    let text = String(cString: rd_kafka_event_error_string(event))
    // That all of them are away follows from what was said of each.
    if code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN { said.withLock { $0 = text } }
    telemetry.log(
      .warning, "kafka.error",
      [("client", name), ("code", String(cString: rd_kafka_err2name(code))), ("error", text)])
  }

  /// Why the handle cannot be used any more; nil while it can.
  var fatal: rd_kafka_resp_err_t? {
    let code = rd_kafka_fatal_error(handle, nil, 0)
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : code
  }

  deinit {
    pthread_rwlock_destroy(gate)
    gate.deallocate()
  }

  /// Runs what blocks, on a thread of a pool; the handle stays until it is done.
  func use<Success>(
    _ body: (OpaquePointer) throws(BusError) -> Success
  ) throws(BusError) -> Success {
    pthread_rwlock_rdlock(gate)
    defer { pthread_rwlock_unlock(gate) }
    guard !isDestroyed else { throw .unavailable("the bus is closed") }
    return try body(handle)
  }

  /// Blocks until whoever uses it is done and the threads of the library have ended.
  ///
  /// - Parameter leaving: whether a member of a group says that it goes.
  func destroy(leaving: Bool = false) {
    pthread_rwlock_wrlock(gate)
    defer { pthread_rwlock_unlock(gate) }
    guard !isDestroyed else { return }
    isDestroyed = true
    rd_kafka_queue_destroy(queue)
    if leaving { rd_kafka_consumer_close(handle) }
    rd_kafka_destroy_flags(handle, leaving ? 0 : RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
  }
}

extension [CChar] {
  /// What a function of C has written.
  var text: String {
    String(decoding: prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
