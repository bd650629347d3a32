internal import Domain
internal import Ports

/// What records carry beside their own headers, so that any consumer of the topics knows what they
/// are: CloudEvents 1.0 in binary mode (Kafka Protocol Binding 1.0.2 §3.2).
///
/// A record that is published again, as after an unknown outcome, has the id that it had.
struct EventAttributes {
  static let prefix = "ce_"
  static let contentType = "content-type"

  private let source: String
  /// The type of the events of each topic: the message that its values are.
  private var types: [String: String] = [:]

  init(source: String) { self.source = source }

  /// Whether a header is one of these and not of the record.
  static func isOwn(_ name: String) -> Bool { name == contentType || name.hasPrefix(prefix) }

  mutating func headers(of record: BusRecord, _ topics: [KafkaTopic]) -> [BusHeader] {
    let type = types[record.topic] ?? EventAttributes.type(of: record.topic, topics)
    types[record.topic] = type
    return [
      BusHeader("ce_specversion", "1.0"), BusHeader("ce_type", type),
      BusHeader("ce_source", source), BusHeader("ce_id", EventAttributes.id(of: record)),
      BusHeader(EventAttributes.contentType, "application/protobuf"),
    ]
  }

  /// Topics of one family have the same messages.
  private static func type(of topic: String, _ topics: [KafkaTopic]) -> String {
    for known in topics {
      if case .family(let prefix) = known.declaration, topic.hasPrefix(prefix) {
        return "dev.millrace." + prefix.dropLast()
      }
    }
    return "dev.millrace." + topic
  }

  /// 128 bits of what the record says.
  private static func id(of record: BusRecord) -> String {
    var (one, other) = (StableHash(), StableHash())
    other.combine(UInt8(1))
    for text in [record.topic, record.key] {
      one.combine(text)
      other.combine(text)
    }
    one.combine(record.value)
    other.combine(record.value)
    return [one.value, other.value].map { number in
      let digits = String(number, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
