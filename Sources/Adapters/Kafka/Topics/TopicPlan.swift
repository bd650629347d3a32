internal import Domain
internal import Ports

/// How a topic is made.
struct TopicPlan: Hashable {
  var name: String
  var partitions: Int
  var replication: Int
  var settings: [TopicSetting]

  /// Each topic's incarnation, by its name: the newest record counts. Kafka does not say when a
  /// topic was made anew, and offsets of another incarnation mean nothing.
  static let incarnations = "millrace.topics"

  static func incarnations(_ configuration: KafkaConfiguration) -> TopicPlan {
    TopicPlan(
      name: incarnations, partitions: 1, replication: configuration.replication,
      settings: [TopicSetting(name: "cleanup.policy", value: "compact")])
  }

  func check(_ found: Int) throws(BusError) {
    guard found == partitions else {
      throw .refused(
        "topic \(name) has \(found) partitions and must have \(partitions): make it anew")
    }
  }

  /// Nil when nothing declares a topic of this name.
  static func topic(_ name: String, _ configuration: KafkaConfiguration) -> TopicPlan? {
    let declared = configuration.topics.first { topic in
      TopicName.isDeclared(name, in: [topic.declaration])
    }
    guard let declared else { return nil }
    return TopicPlan(
      name: name, partitions: Partitioning.partitionsPerTopic,
      replication: configuration.replication,
      settings: [
        TopicSetting(name: "cleanup.policy", value: "delete"),
        TopicSetting(name: "retention.ms", value: "\(declared.retainFor.wholeMilliseconds)"),
      ])
  }
}

struct TopicSetting: Hashable {
  var name: String
  var value: String
}
