internal import CKafka
internal import Domain
internal import Ports

/// A partition that is read by offsets, with the queue into which the library puts what it holds.
final class ReadPlace {
  enum News: Hashable {
    /// As far as the log goes, or as many as were wanted.
    case records
    case gone
    case failed(BusError)
  }

  let place: TopicPartition
  let queue: OpaquePointer
  /// What comes next has this offset or a higher one.
  var next: Int64
  /// Whether the broker has said anything since the place was assigned.
  var isKnown = false
  var usedAt: Uptime

  init?(_ place: TopicPartition, of client: KafkaClient, next: Int64, at now: Uptime) {
    guard
      let queue = rd_kafka_queue_get_partition(
        client.handle, place.topic, Int32(clamping: place.partition))
    else { return nil }
    // Before the place is assigned: what is read goes here and not to the consumer's queue.
    rd_kafka_queue_forward(queue, nil)
    self.place = place
    self.queue = queue
    self.next = next
    usedAt = now
  }

  /// Takes up to `max` records.
  func take(max: Int, into records: inout [BusDelivery]) -> News {
    var count = 0
    while count < max, let event = rd_kafka_queue_poll(queue, 0) {
      defer { rd_kafka_event_destroy(event) }
      switch rd_kafka_event_type(event) {
      case RD_KAFKA_EVENT_FETCH:
        while let message = rd_kafka_event_message_next(event) {
          isKnown = true
          guard let delivery = Delivered.delivery(message), delivery.offset >= next else {
            continue
          }
          next = delivery.offset + 1
          records.append(delivery)
          count += 1
        }
      case RD_KAFKA_EVENT_ERROR:
        switch rd_kafka_event_error(event) {
        case RD_KAFKA_RESP_ERR__PARTITION_EOF: isKnown = true
        case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
          return .gone
        case let code: return .failed(BusError(code))
        }
      default: break
      }
    }
    return .records
  }

  deinit { rd_kafka_queue_destroy(queue) }
}
