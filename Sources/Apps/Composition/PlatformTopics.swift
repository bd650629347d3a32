internal import Domain
internal import KafkaAdapter
internal import Ports

/// The topics of the platform, as `infra/kafka/topics.json` declares them.
enum PlatformTopics {
  static let all: [KafkaTopic] = read(PublishedInfrastructure.topics)

  static var declarations: [TopicDeclaration] { all.map(\.declaration) }

  /// Nothing when the text is not what it should be: a test compares.
  static func read(_ text: String) -> [KafkaTopic] {
    guard case .object(let members)? = try? JSONNode([UInt8](text.utf8)).value else { return [] }
    return entries(members["topics"], named: "name").map { name, retention in
      KafkaTopic(.topic(name), retainFor: retention)
    }
      + entries(members["families"], named: "prefix").map { prefix, retention in
        KafkaTopic(.family(prefix: prefix), retainFor: retention)
      }
  }

  private static func entries(_ list: Value?, named name: String) -> [(String, Duration)] {
    guard case .array(let items)? = list else { return [] }
    return items.compactMap { item in
      guard case .object(let members) = item, case .string(let text)? = members[name],
        case .integer(let hours)? = members["retainHours"]
      else { return nil }
      return (text, .seconds(3_600 * hours))
    }
  }
}
