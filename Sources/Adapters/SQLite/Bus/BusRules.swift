internal import Ports

/// What the contract lets onto a topic.
enum BusRules {
  static let valueBytesMax = 256 << 10
  static let keyBytesMax = 1_024
  static let headersMax = 64
  static let headerBytesMax = 8 << 10

  /// Bytes of the record, about.
  static func weight(_ record: BusRecord) -> Int {
    record.headers.reduce(record.value.count + record.key.utf8.count + 64) { sum, header in
      sum + header.name.utf8.count + header.value.utf8.count
    }
  }

  /// - Throws: `.refused` when the record can never be published.
  static func check(_ record: BusRecord) throws(EngineError) {
    guard !record.topic.isEmpty, record.topic.utf8.count <= TopicName.bytesMax else {
      throw .refused("a topic has 1 to \(TopicName.bytesMax) bytes")
    }
    guard record.value.count <= valueBytesMax else {
      throw .refused(
        "a record of \(record.topic) has \(record.value.count) bytes; at most \(valueBytesMax) fit")
    }
    guard record.key.utf8.count <= keyBytesMax, !record.key.utf8.contains(0) else {
      throw .refused(
        "a key of \(record.topic) has \(record.key.utf8.count) bytes or a NUL; at most "
          + "\(keyBytesMax) fit")
    }
    guard record.headers.count <= headersMax else {
      throw .refused("a record of \(record.topic) has more than \(headersMax) headers")
    }
    var names: Set<String> = []
    var bytes = 0
    for header in record.headers {
      guard isHeaderName(header.name) else {
        throw .refused("header \(header.name) of \(record.topic) is not lower case")
      }
      guard names.insert(header.name).inserted else {
        throw .refused("header \(header.name) of \(record.topic) is there twice")
      }
      bytes += header.name.utf8.count + header.value.utf8.count
    }
    guard bytes <= headerBytesMax else {
      throw .refused("the headers of a record have at most \(headerBytesMax) bytes, not \(bytes)")
    }
  }

  private static func isHeaderName(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        byte > 0x20 && byte < 0x7f
          && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      }
  }
}
