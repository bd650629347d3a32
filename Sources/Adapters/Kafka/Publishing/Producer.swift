internal import CKafka
internal import Domain
internal import Ports
internal import SystemAdapter

/// Appends records, idempotently and with the acknowledgement of all copies. Many calls are under
/// way at once; the library makes batches of what has come while others were on their way.
///
/// Confined to the loop, but for `publish`. A client that has lost its right to go on, as the
/// broker or the library says, is replaced.
final class Producer: @unchecked Sendable {
  private let configuration: KafkaConfiguration
  private let loop: EventLoop
  private let pool: BlockingPool
  private let telemetry: any Telemetry
  private var client: KafkaClient?
  private var bell: QueueBell?
  private var isClosed = false
  private var attributes: EventAttributes
  /// Topics that the client knows the brokers of.
  private var warm: [String: OpaquePointer] = [:]

  init(
    _ configuration: KafkaConfiguration, on loop: EventLoop, pool: BlockingPool,
    telemetry: any Telemetry
  ) {
    self.configuration = configuration
    self.loop = loop
    self.pool = pool
    self.telemetry = telemetry
    attributes = EventAttributes(source: "/\(configuration.clientName)")
  }

  /// Makes the client, or says why it cannot be made. On the loop.
  func open() throws(BusError) {
    let client = try KafkaClient(
      .producer, configuration.producing, named: "producer", telemetry: telemetry)
    let bell = try QueueBell(on: loop) { [weak self] in self?.serve(client) }
    bell.attach(to: client.queue)
    self.client = client
    self.bell = bell
  }

  /// The records' topics are there.
  ///
  /// - Parameter partition: where they go; nil for the partitions of their keys.
  func publish(_ records: [BusRecord], partition: Int? = nil) async throws(BusError) {
    guard !records.isEmpty else { return }
    let publication = Publication(count: records.count)
    let failure = await publication.answer.value {
      loop.perform { self.send(records, partition, publication) }
    }
    if let failure { throw failure }
  }

  /// Has the client learn where the topics are. Without it the first record of each waits until the
  /// library looks, which it does once a second.
  func warm(_ topics: [String]) async {
    let handles: WarmTopics = await {
      let answer = PendingAnswer<WarmTopics>()
      return await answer.value { loop.perform { answer.end(self.begin(topics)) } }
    }()
    guard let client = handles.client else { return }
    let within = Int32(clamping: configuration.answerWithin.wholeMilliseconds)
    _ = try? await blocking(pool) { () throws(BusError) in
      try client.use { handle in
        for topic in handles.topics {
          var found: UnsafePointer<rd_kafka_metadata>?
          if rd_kafka_metadata(handle, 0, topic, &found, within) == RD_KAFKA_RESP_ERR_NO_ERROR {
            rd_kafka_metadata_destroy(found)
          }
        }
      }
    }
  }

  private struct WarmTopics: @unchecked Sendable {
    var client: KafkaClient?
    var topics: [OpaquePointer] = []
  }

  private func begin(_ topics: [String]) -> WarmTopics {
    guard let client else { return WarmTopics() }
    var found = WarmTopics(client: client)
    for name in topics where warm[name] == nil {
      guard let topic = rd_kafka_topic_new(client.handle, name, nil) else { continue }
      warm[name] = topic
      found.topics.append(topic)
    }
    return found
  }

  func close() {
    isClosed = true
    retire()
  }

  // MARK: On the loop

  private func send(
    _ records: [BusRecord], _ partition: Int?, _ publication: Publication
  ) {
    if client == nil, !isClosed { try? open() }
    for record in records {
      guard let client else {
        publication.ended(.unavailable("the bus is closed"))
        continue
      }
      let headers = record.headers + attributes.headers(of: record, configuration.topics)
      let code = Producer.produce(
        record, headers, partition ?? Partitioning.partition(of: record.key), client, publication)
      if code != RD_KAFKA_RESP_ERR_NO_ERROR {
        publication.ended(
          code == RD_KAFKA_RESP_ERR__QUEUE_FULL
            ? .unavailable("too many records wait for the broker") : BusError(code))
      }
    }
    // A refusal may be how a client says that it is over.
    if let client, client.fatal != nil { replace(client) }
  }

  private static func produce(
    _ record: BusRecord, _ wanted: [BusHeader], _ partition: Int, _ client: KafkaClient,
    _ publication: Publication
  ) -> rd_kafka_resp_err_t {
    let headers = rd_kafka_headers_new(wanted.count)
    for header in wanted {
      var value = header.value
      _ = value.withUTF8 { value in
        rd_kafka_header_add(
          headers, header.name, header.name.utf8.count,
          UnsafeRawPointer(value.baseAddress) ?? empty,
          value.count)
      }
    }
    var key = record.key
    let held = Unmanaged.passRetained(publication)
    let code = key.withUTF8 { key in
      record.value.withUnsafeBytes { value in
        millrace_kafka_produce(
          client.handle, record.topic, Int32(clamping: partition),
          key.baseAddress, key.count, value.baseAddress ?? empty, value.count, headers,
          held.toOpaque())
      }
    }
    if code != RD_KAFKA_RESP_ERR_NO_ERROR {
      held.release()
      if let headers { rd_kafka_headers_destroy(headers) }
    }
    return code
  }

  /// Where something without bytes is.
  nonisolated(unsafe) private static let empty = UnsafeRawPointer(
    UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))

  private func serve(_ client: KafkaClient) {
    while let event = client.nextEvent() {
      defer { rd_kafka_event_destroy(event) }
      switch rd_kafka_event_type(event) {
      case RD_KAFKA_EVENT_DR: takeReports(event)
      case RD_KAFKA_EVENT_ERROR: client.tell(event)
      default: break
      }
    }
    if client.fatal != nil { replace(client) }
  }

  private func takeReports(_ event: OpaquePointer) {
    while let message = rd_kafka_event_message_next(event) {
      guard let opaque = millrace_kafka_opaque(message) else { continue }
      let publication = Unmanaged<Publication>.fromOpaque(opaque).takeRetainedValue()
      let code = message.pointee.err
      guard code != RD_KAFKA_RESP_ERR_NO_ERROR else {
        publication.ended(nil)
        continue
      }
      let isSure = rd_kafka_message_status(message) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED
      publication.ended(BusError(code), isSure: isSure)
    }
  }

  /// A client that may not produce any more makes way for another one.
  private func replace(_ old: KafkaClient) {
    guard client === old else { return }
    let why = old.fatal.map { String(cString: rd_kafka_err2name($0)) } ?? ""
    telemetry.log(.warning, "kafka.producer-replaced", [("error", why)])
    let topics = warm.keys.sorted()
    retire()
    guard !isClosed else { return }
    try? open()
    _ = loop.root { await self.warm(topics) }
  }

  /// Whoever still waits for the client is answered.
  private func retire() {
    guard let old = client else { return }
    bell?.close()
    client = nil
    bell = nil
    let topics = RetiredTopics(handles: [OpaquePointer](warm.values))
    warm = [:]
    rd_kafka_purge(
      old.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING
    )
    let (loop, pool) = (loop, pool)
    _ = loop.root {
      _ = try? await pool.run { rd_kafka_flush(old.handle, 1_000) }
      self.serveLast(old)
      _ = try? await pool.run {
        _ = try? old.use { _ in
          for topic in topics.handles { rd_kafka_topic_destroy(topic) }
        }
        old.destroy()
      }
    }
  }

  /// What goes to a thread of the pool for the last time.
  private struct RetiredTopics: @unchecked Sendable {
    var handles: [OpaquePointer]
  }

  private func serveLast(_ client: KafkaClient) {
    while let event = client.nextEvent() {
      if rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR { takeReports(event) }
      rd_kafka_event_destroy(event)
    }
  }
}
