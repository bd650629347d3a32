internal import Domain

/// What the contract lets onto a topic.
public enum BusRules {
  public static let valueBytesMax = 256 << 10
  public static let keyBytesMax = 1_024
  public static let headersMax = 64
  public static let headerBytesMax = 8 << 10

  /// Bytes of the record, about.
  public static func weight(_ record: BusRecord) -> Int {
    record.headers.reduce(record.value.count + record.key.utf8.count + 64) { sum, header in
      sum + header.name.utf8.count + header.value.utf8.count
    }
  }

  /// Why nobody can join a group by these names; nil when somebody can.
  public static func fault(inNames names: [String]) -> String? {
    names.allSatisfy { (1...keyBytesMax).contains($0.utf8.count) && !$0.utf8.contains(0) }
      ? nil : "groups and members have names of 1 to \(keyBytesMax) bytes"
  }

  /// Why the record can never be published; nil when it can.
  public static func fault(in record: BusRecord) -> String? {
    guard !record.topic.isEmpty, record.topic.utf8.count <= TopicName.bytesMax else {
      return "a topic has 1 to \(TopicName.bytesMax) bytes"
    }
    guard record.value.count <= valueBytesMax else {
      return "a record of \(record.topic) has \(record.value.count) bytes; "
        + "at most \(valueBytesMax) fit"
    }
    guard record.key.utf8.count <= keyBytesMax, !record.key.utf8.contains(0) else {
      return "a key of \(record.topic) has \(record.key.utf8.count) bytes or a NUL; at most "
        + "\(keyBytesMax) fit"
    }
    guard record.headers.count <= headersMax else {
      return "a record of \(record.topic) has more than \(headersMax) headers"
    }
    var names: SortedSet<String> = []
    var bytes = 0
    for header in record.headers {
      guard isHeaderName(header.name) else {
        return "header \(header.name) of \(record.topic) is not lower case"
      }
      guard names.insert(header.name) else {
        return "header \(header.name) of \(record.topic) is there twice"
      }
      bytes += header.name.utf8.count + header.value.utf8.count
    }
    guard bytes <= headerBytesMax else {
      return "the headers of a record have at most \(headerBytesMax) bytes, not \(bytes)"
    }
    return nil
  }

  private static func isHeaderName(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        byte > 0x20 && byte < 0x7f
          && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      }
  }
}
