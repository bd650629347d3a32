internal import CKafka
internal import Ports

/// Places with offsets as the library has them.
struct PlaceList: ~Copyable {
  let list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

  init(_ places: [(place: TopicPartition, offset: Int64)]) {
    list = rd_kafka_topic_partition_list_new(Int32(clamping: places.count))
    for (place, offset) in places {
      let entry = rd_kafka_topic_partition_list_add(
        list, place.topic, Int32(clamping: place.partition))
      entry?.pointee.offset = offset
    }
  }

  /// Takes a list over.
  init(owning list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) {
    self.list = list
  }

  deinit { rd_kafka_topic_partition_list_destroy(list) }

  /// In the order in which they are there.
  var entries: [(place: TopicPartition, offset: Int64, error: rd_kafka_resp_err_t)] {
    (0..<Int(list.pointee.cnt)).compactMap { index in
      let entry = list.pointee.elems[index]
      guard let topic = entry.topic else { return nil }
      return (
        TopicPartition(String(cString: topic), Int(entry.partition)), entry.offset, entry.err
      )
    }
  }
}
