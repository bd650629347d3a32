internal import Ports
internal import Synchronization

/// The topics that exist, by name. Topics are added, never removed.
final class LogDirectory: Sendable {
  struct Topic: Sendable {
    let name: String
    let incarnation: String
    /// By number of partition.
    let logs: [PartitionLog]
  }

  private let topics = Mutex<[String: Topic]>([:])
  private let tailBytesMax: Int

  init(tailBytesMax: Int) {
    self.tailBytesMax = tailBytesMax
  }

  subscript(_ name: String) -> Topic? {
    topics.withLock { $0[name] }
  }

  var all: [Topic] { topics.withLock { [Topic]($0.values) } }

  /// Adds a topic unless it is there; answers the one that is.
  @discardableResult
  func add(_ stored: LogTables.StoredTopic) -> Topic {
    topics.withLock { topics in
      if let topic = topics[stored.name] { return topic }
      let logs = stored.bounds.enumerated().map { partition, bounds in
        PartitionLog(
          TopicPartition(stored.name, partition), topic: stored.id, earliest: bounds.earliest,
          end: bounds.end, tailBytesMax: tailBytesMax)
      }
      let topic = Topic(name: stored.name, incarnation: stored.incarnation, logs: logs)
      topics[stored.name] = topic
      return topic
    }
  }
}
