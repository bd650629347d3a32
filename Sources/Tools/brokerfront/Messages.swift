/// What of Kafka's messages matters here, in the versions that librdkafka 2.0.2 speaks; others pass
/// through as they are.
enum Messages {
  enum Key {
    static let produce = 0, fetch = 1, metadata = 3, findCoordinator = 10, apiVersions = 18
  }

  struct Head {
    var key: Int
    var version: Int
    var correlation: Int
    /// Where the body begins.
    var bodyOffset: Int
  }

  static func head(_ request: [UInt8]) -> Head? {
    var reader = WireReader(request[...])
    guard let key = reader.integer(2), let version = reader.integer(2),
      let correlation = reader.integer(4), reader.text() != nil
    else { return nil }
    return Head(key: key, version: version, correlation: correlation, bodyOffset: reader.offset)
  }

  static func correlation(_ answer: [UInt8]) -> Int? {
    var reader = WireReader(answer[...])
    return reader.integer(4)
  }

  // MARK: Produce

  /// The places that records are appended to (Produce, versions 3 to 8).
  static func places(produce request: [UInt8], _ head: Head) -> Set<String> {
    guard (3...8).contains(head.version) else { return [] }
    var reader = WireReader(request[head.bodyOffset...])
    guard reader.text() != nil, reader.skip(2 + 4), let topics = reader.integer(4) else {
      return []
    }
    var places: Set<String> = []
    for _ in 0..<max(topics, 0) {
      guard let topic = reader.text(), let partitions = reader.integer(4) else { return places }
      for _ in 0..<max(partitions, 0) {
        guard let partition = reader.integer(4), reader.skipBytes() != nil else { return places }
        places.insert("\(topic)/\(partition)")
      }
    }
    return places
  }

  // MARK: Fetch

  struct Fetch {
    /// How long the client lets the broker wait for records.
    var waitMilliseconds: Int
    var places: Set<String>
    /// The request with a wait of nothing.
    var impatient: [UInt8]
  }

  /// Fetch, versions 7 to 11.
  static func fetch(_ request: [UInt8], _ head: Head) -> Fetch? {
    guard (7...11).contains(head.version) else { return nil }
    var reader = WireReader(request[head.bodyOffset...])
    guard reader.skip(4), let wait = reader.integer(4), reader.skip(4 + 4 + 1 + 4 + 4),
      let topics = reader.integer(4)
    else { return nil }
    var places: Set<String> = []
    for _ in 0..<max(topics, 0) {
      guard let topic = reader.text(), let partitions = reader.integer(4) else { return nil }
      for _ in 0..<max(partitions, 0) {
        guard let partition = reader.integer(4),
          reader.skip((head.version >= 9 ? 4 : 0) + 8 + 8 + 4)
        else { return nil }
        places.insert("\(topic)/\(partition)")
      }
    }
    var impatient = request
    for byte in 4..<8 { impatient[head.bodyOffset + byte] = 0 }
    return Fetch(waitMilliseconds: wait, places: places, impatient: impatient)
  }

  /// Whether the answer has neither records nor errors.
  static func isEmpty(fetchAnswer answer: [UInt8], version: Int) -> Bool {
    var reader = WireReader(answer[...])
    guard reader.skip(4 + 4), reader.integer(2) == 0, reader.skip(4),
      let topics = reader.integer(4)
    else { return false }
    for _ in 0..<max(topics, 0) {
      guard reader.text() != nil, let partitions = reader.integer(4) else { return false }
      for _ in 0..<max(partitions, 0) {
        guard reader.skip(4), reader.integer(2) == 0, reader.skip(8 + 8 + 8),
          let aborted = reader.integer(4), reader.skip(16 * max(aborted, 0)),
          reader.skip(version >= 11 ? 4 : 0), let count = reader.skipBytes(), count <= 0
        else { return false }
      }
    }
    return true
  }

  // MARK: ApiVersions

  /// The answer of version 3 without the tagged fields behind its throttle time.
  static func withoutTags(_ answer: [UInt8]) -> [UInt8] {
    var reader = WireReader(answer[...])
    guard reader.skip(4 + 2), let count = reader.varint() else { return answer }
    for _ in 0..<max(count - 1, 0) {
      guard reader.skip(6), let tags = reader.varint() else { return answer }
      for _ in 0..<tags {
        guard reader.varint() != nil, let length = reader.varint(), reader.skip(length) else {
          return answer
        }
      }
    }
    guard reader.skip(4) else { return answer }
    return [UInt8](answer.prefix(reader.offset)) + [0]
  }

  // MARK: Addresses

  /// One text in place of another of the same length.
  static func replacing(_ old: [UInt8], by new: [UInt8], in answer: [UInt8]) -> [UInt8] {
    guard old.count == new.count, !old.isEmpty, answer.count >= old.count else { return answer }
    var changed = answer
    var place = 0
    while place <= answer.count - old.count {
      if answer[place] == old[0], answer[place..<place + old.count].elementsEqual(old) {
        changed.replaceSubrange(place..<place + old.count, with: new)
        place += old.count
      } else {
        place += 1
      }
    }
    return changed
  }
}
