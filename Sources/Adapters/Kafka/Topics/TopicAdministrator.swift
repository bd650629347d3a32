internal import CKafka
internal import Domain
internal import Ports

/// What is asked of the brokers about topics. Every call blocks: it runs on a thread of a pool.
struct TopicAdministrator: @unchecked Sendable {
  let client: KafkaClient
  let answerWithin: Duration

  private var milliseconds: Int32 { Int32(clamping: answerWithin.wholeMilliseconds) }

  /// The topics with their numbers of partitions.
  func topics() throws(BusError) -> [String: Int] {
    try client.use { handle throws(BusError) in try topics(handle) }
  }

  private func topics(_ handle: OpaquePointer) throws(BusError) -> [String: Int] {
    var found: UnsafePointer<rd_kafka_metadata>?
    let code = rd_kafka_metadata(handle, 1, nil, &found, milliseconds)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let found else {
      throw BusError(code, because: client.complaint)
    }
    defer { rd_kafka_metadata_destroy(found) }
    var topics: [String: Int] = [:]
    for index in 0..<Int(found.pointee.topic_cnt) {
      let topic = found.pointee.topics[index]
      guard topic.err == RD_KAFKA_RESP_ERR_NO_ERROR, let name = topic.topic else { continue }
      topics[String(cString: name)] = Int(topic.partition_cnt)
    }
    return topics
  }

  /// Makes topics; those that are there stay as they are.
  func make(_ topics: [TopicPlan]) throws(BusError) {
    var message = [CChar](repeating: 0, count: 512)
    var wanted: [OpaquePointer?] = []
    defer { for topic in wanted { rd_kafka_NewTopic_destroy(topic) } }
    for topic in topics {
      let new = rd_kafka_NewTopic_new(
        topic.name, Int32(clamping: topic.partitions), Int32(clamping: topic.replication),
        &message, message.count)
      guard let new else { throw .refused("topic \(topic.name): \(message.text)") }
      wanted.append(new)
      for setting in topic.settings {
        rd_kafka_NewTopic_set_config(new, setting.name, setting.value)
      }
    }
    try ask(RD_KAFKA_EVENT_CREATETOPICS_RESULT) { handle, queue in
      rd_kafka_CreateTopics(handle, &wanted, wanted.count, nil, queue)
    } read: { event throws(BusError) in
      guard let result = rd_kafka_event_CreateTopics_result(event) else { return }
      var count = 0
      guard let results = rd_kafka_CreateTopics_result_topics(result, &count) else { return }
      for index in 0..<count {
        let code = rd_kafka_topic_result_error(results[index])
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR, code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS
        else { continue }
        let name = rd_kafka_topic_result_name(results[index]).map { String(cString: $0) } ?? ""
        let why = rd_kafka_topic_result_error_string(results[index]).map { String(cString: $0) }
        throw .refused(
          "topic \(name) cannot be made: \(why ?? String(cString: rd_kafka_err2str(code)))")
      }
    }
  }

  /// Deletes the records of a partition below an offset.
  func trim(_ place: TopicPartition, below offset: Int64) throws(BusError) {
    let list = PlaceList([(place, offset)])
    var deletion: OpaquePointer? = rd_kafka_DeleteRecords_new(list.list)
    defer { rd_kafka_DeleteRecords_destroy(deletion) }
    try ask(RD_KAFKA_EVENT_DELETERECORDS_RESULT) { handle, queue in
      rd_kafka_DeleteRecords(handle, &deletion, 1, nil, queue)
    } read: { event throws(BusError) in
      guard let result = rd_kafka_event_DeleteRecords_result(event),
        let offsets = rd_kafka_DeleteRecords_result_offsets(result)
      else { return }
      for index in 0..<Int(offsets.pointee.cnt) {
        let code = offsets.pointee.elems[index].err
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw BusError(code) }
      }
    }
  }

  /// Where the logs begin, or end.
  func offsets(
    _ places: [TopicPartition], _ kind: LogPlace
  ) throws(BusError) -> [TopicPartition: Int64] {
    let list = PlaceList(places.map { ($0, kind.rawValue) })
    let code = try client.use { handle in
      rd_kafka_offsets_for_times(handle, list.list, milliseconds)
    }
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw BusError(code) }
    var offsets: [TopicPartition: Int64] = [:]
    for (place, offset, error) in list.entries {
      guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw BusError(error) }
      offsets[place] = offset
    }
    return offsets
  }

  /// How far a group has come at the places where it has committed something.
  func committed(
    _ places: [TopicPartition], of member: KafkaClient
  ) throws(BusError) -> [TopicPartition: Int64] {
    let list = PlaceList(places.map { ($0, Int64(RD_KAFKA_OFFSET_INVALID)) })
    let code = try member.use { handle in
      rd_kafka_committed(handle, list.list, milliseconds)
    }
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw BusError(code) }
    var offsets: [TopicPartition: Int64] = [:]
    for (place, offset, error) in list.entries {
      guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw BusError(error) }
      if offset >= 0 { offsets[place] = offset }
    }
    return offsets
  }

  private func ask(
    _ kind: Int32, _ begin: (_ handle: OpaquePointer, _ queue: OpaquePointer) -> Void,
    read: (OpaquePointer) throws(BusError) -> Void
  ) throws(BusError) {
    try client.use { handle throws(BusError) in try ask(handle, kind, begin, read) }
  }

  private func ask(
    _ handle: OpaquePointer, _ kind: Int32,
    _ begin: (_ handle: OpaquePointer, _ queue: OpaquePointer) -> Void,
    _ read: (OpaquePointer) throws(BusError) -> Void
  ) throws(BusError) {
    guard let queue = rd_kafka_queue_new(handle) else {
      throw .unavailable("there is no memory for a question to the broker")
    }
    defer { rd_kafka_queue_destroy(queue) }
    begin(handle, queue)
    guard let event = rd_kafka_queue_poll(queue, milliseconds) else {
      throw .unavailable("the broker does not answer in time")
    }
    defer { rd_kafka_event_destroy(event) }
    let code = rd_kafka_event_error(event)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw BusError(code) }
    guard rd_kafka_event_type(event) == kind else { return }
    try read(event)
  }
}

/// A place in a log by what it is, in the words of the protocol (ListOffsets).
enum LogPlace: Int64 {
  case end = -1
  case earliest = -2
}
