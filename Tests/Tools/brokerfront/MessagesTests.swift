import Testing

@testable import brokerfront

@Suite struct MessagesTests {
  /// Bytes of a message, written as the protocol has them.
  private struct Writer {
    var bytes: [UInt8] = []

    mutating func integer(_ value: Int, _ count: Int) {
      for shift in (0..<count).reversed() {
        bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift)))
      }
    }

    mutating func text(_ text: String) {
      integer(text.utf8.count, 2)
      bytes += text.utf8
    }

    mutating func head(_ key: Int, _ version: Int, _ correlation: Int) {
      integer(key, 2)
      integer(version, 2)
      integer(correlation, 4)
      text("client")
    }
  }

  private func fetch(version: Int, wait: Int) -> [UInt8] {
    var writer = Writer()
    writer.head(1, version, 7)
    writer.integer(-1, 4)
    writer.integer(wait, 4)
    writer.integer(1, 4)
    writer.integer(1 << 20, 4)
    writer.integer(1, 1)
    writer.integer(0, 4)
    writer.integer(-1, 4)
    writer.integer(2, 4)
    for topic in ["one", "two"] {
      writer.text(topic)
      writer.integer(2, 4)
      for partition in [0, 5] {
        writer.integer(partition, 4)
        if version >= 9 { writer.integer(-1, 4) }
        writer.integer(40, 8)
        writer.integer(-1, 8)
        writer.integer(1 << 20, 4)
      }
    }
    writer.integer(0, 4)
    if version >= 11 { writer.text("") }
    return writer.bytes
  }

  private func answer(version: Int, records: [UInt8]?, error: Int = 0) -> [UInt8] {
    var writer = Writer()
    writer.integer(7, 4)
    writer.integer(0, 4)
    writer.integer(0, 2)
    writer.integer(0, 4)
    writer.integer(1, 4)
    writer.text("one")
    writer.integer(2, 4)
    for partition in [0, 5] {
      writer.integer(partition, 4)
      writer.integer(partition == 5 ? error : 0, 2)
      for _ in 0..<3 { writer.integer(3, 8) }
      writer.integer(1, 4)
      writer.integer(9, 8)
      writer.integer(10, 8)
      if version >= 11 { writer.integer(-1, 4) }
      let bytes = partition == 5 ? records : nil
      writer.integer(bytes?.count ?? -1, 4)
      writer.bytes += bytes ?? []
    }
    return writer.bytes
  }

  @Test(arguments: 7...11)
  func `a fetch says where it looks and how long it waits`(_ version: Int) throws {
    let request = fetch(version: version, wait: 250)
    let head = try #require(Messages.head(request))
    #expect(head.key == 1 && head.version == version && head.correlation == 7)
    let found = try #require(Messages.fetch(request, head))
    #expect(found.waitMilliseconds == 250)
    #expect(found.places == ["one/0", "one/5", "two/0", "two/5"])
    #expect(found.impatient == fetch(version: version, wait: 0))
  }

  @Test func `a fetch of another version passes as it is`() throws {
    let request = fetch(version: 12, wait: 250)
    #expect(Messages.fetch(request, try #require(Messages.head(request))) == nil)
  }

  @Test(arguments: [7, 11])
  func `an answer is empty without records and errors`(_ version: Int) {
    func isEmpty(_ answer: [UInt8]) -> Bool {
      Messages.isEmpty(fetchAnswer: answer, version: version)
    }
    #expect(isEmpty(answer(version: version, records: nil)))
    #expect(isEmpty(answer(version: version, records: [])))
    #expect(!isEmpty(answer(version: version, records: [1, 2])))
    #expect(!isEmpty(answer(version: version, records: nil, error: 3)))
    #expect(!isEmpty([UInt8](answer(version: version, records: nil).dropLast(3))))
  }

  @Test func `a publication says where it appends`() throws {
    var writer = Writer()
    writer.head(0, 7, 3)
    writer.integer(-1, 2)
    writer.integer(-1, 2)
    writer.integer(1_000, 4)
    writer.integer(1, 4)
    writer.text("one")
    writer.integer(2, 4)
    for partition in [3, 4] {
      writer.integer(partition, 4)
      writer.integer(5, 4)
      writer.bytes += [1, 2, 3, 4, 5]
    }
    let head = try #require(Messages.head(writer.bytes))
    #expect(Messages.places(produce: writer.bytes, head) == ["one/3", "one/4"])
    #expect(Messages.places(produce: [UInt8](writer.bytes.dropLast(8)), head) == ["one/3"])
  }

  @Test func `tags behind the versions are taken away`() {
    // Correlation, error, two keys of which the second has a tag, throttle time, one tag.
    let head: [UInt8] = [0, 0, 0, 1, 0, 0, 3]
    let keys: [UInt8] = [0, 1, 0, 0, 0, 11, 0, 0, 3, 0, 0, 0, 9, 1, 0, 1, 99]
    let plain = head + keys + [0, 0, 0, 0]
    #expect(Messages.withoutTags(plain + [1, 0, 2, 7, 7]) == plain + [0])
    #expect(Messages.withoutTags(plain + [0]) == plain + [0])
    #expect(Messages.withoutTags([1, 2]) == [1, 2])
  }

  @Test func `addresses of the same length are replaced, wherever they stand`() {
    let (old, new) = ([UInt8]("127.0.0.2".utf8), [UInt8]("127.0.0.1".utf8))
    let answer = [1] + old + [2] + old
    #expect(Messages.replacing(old, by: new, in: answer) == [1] + new + [2] + new)
    #expect(Messages.replacing(old, by: [1], in: answer) == answer)
    #expect(Messages.replacing(old, by: new, in: [1]) == [1])
  }
}
