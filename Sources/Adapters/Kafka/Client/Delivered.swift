internal import CKafka
internal import Domain
internal import Ports

/// Reads a record from a message of the library.
///
/// What no program of ours writes is read as well as it can be: text that is no UTF-8 is mended, a
/// header without a value is empty, the last one of a name counts.
enum Delivered {
  static func delivery(_ message: UnsafePointer<rd_kafka_message_t>) -> BusDelivery? {
    let raw = message.pointee
    guard let topic = raw.rkt.flatMap({ rd_kafka_topic_name($0) }) else { return nil }
    let name = String(cString: topic)
    let record = BusRecord(
      topic: name, key: String(decoding: bytes(raw.key, raw.key_len), as: UTF8.self),
      headers: headers(message), value: [UInt8](bytes(raw.payload, raw.len)))
    let stamp = rd_kafka_message_timestamp(message, nil)
    return BusDelivery(
      place: TopicPartition(name, Int(raw.partition)), offset: raw.offset, record: record,
      stampedAt: Moment(microseconds: min(max(stamp, 0), Int64.max / 1_000) * 1_000))
  }

  private static func bytes(
    _ start: UnsafeMutableRawPointer?, _ count: Int
  ) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
  }

  private static func headers(_ message: UnsafePointer<rd_kafka_message_t>) -> [BusHeader] {
    var list: OpaquePointer?
    guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else {
      return []
    }
    var headers: [BusHeader] = []
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var (size, place) = (0, 0)
    while rd_kafka_header_get_all(list, place, &name, &value, &size)
      == RD_KAFKA_RESP_ERR_NO_ERROR
    {
      place += 1
      let text = name.map { String(cString: $0) } ?? ""
      // What says of what kind the record is; it is none of its own.
      if EventAttributes.isOwn(text) { continue }
      let bytes = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : size)
      headers.append(BusHeader(text, String(decoding: bytes, as: UTF8.self)))
    }
    return headers
  }
}
