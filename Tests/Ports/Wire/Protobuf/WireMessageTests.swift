import Domain
import TestSupport
import Testing
import Wire

@Suite struct WireMessageTests {
  /// A message `depth` times inside itself.
  private func nest(_ depth: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<depth {
      var writer = WireWriter()
      writer.data(101, bytes)
      bytes = writer.bytes
    }
    return bytes
  }

  @Test func `messages nest up to the limit and no further`() throws {
    #expect(try CodecSample(decoding: nest(143)).encoded() == nest(143))
    #expect(try CodecSample(decoding: nest(144)).encoded() == nest(144))
    #expect(throws: WireError.tooDeep) { try CodecSample(decoding: nest(145)) }
    #expect(throws: WireError.tooDeep) { try CodecSample(decoding: nest(3_000)) }
  }

  @Test func `unknown groups nest up to the same limit`() throws {
    let start: UInt8 = 0x9b
    let end: UInt8 = 0x9c
    func groups(_ depth: Int) -> [UInt8] {
      (0..<depth).flatMap { _ in [start, 0x06] } + (0..<depth).flatMap { _ in [end, 0x06] }
    }
    #expect(try CodecSample(decoding: groups(144)).unknownFields.bytes == groups(144))
    #expect(throws: WireError.tooDeep) { try CodecSample(decoding: groups(145)) }
    #expect(throws: WireError.tooDeep) { try CodecSample(decoding: groups(100_000)) }
  }

  @Test func `the entries of maps do not count as depth`() throws {
    var sample = CodecSample()
    for _ in 0..<144 { sample = CodecSample(samples: ["a": sample]) }
    #expect(try CodecSample(decoding: sample.encoded()) == sample)
  }

  @Test func `the number of messages has a limit, at the top and further in`() throws {
    var limits = WireLimits()
    limits.messagesMax = 10
    let points = CodecSample(points: Array(repeating: .init(), count: 10)).encoded()
    #expect(try CodecSample(decoding: points, limits: limits).points.count == 10)
    let more = CodecSample(points: Array(repeating: .init(), count: 11)).encoded()
    #expect(throws: WireError.tooLarge) { try CodecSample(decoding: more, limits: limits) }
    let entries = SortedMap((0..<11).map { (Int32($0), Int64(0)) })
    #expect(throws: WireError.tooLarge) {
      try CodecSample(decoding: CodecSample(numbers: entries).encoded(), limits: limits)
    }
    let inner = CodecSample(next: CodecSample(points: Array(repeating: .init(), count: 10)))
    #expect(throws: WireError.tooLarge) {
      try CodecSample(decoding: inner.encoded(), limits: limits)
    }
  }

  @Test func `the length of a message has a limit`() throws {
    var limits = WireLimits()
    limits.bytesMax = 5
    #expect(try CodecSample(decoding: [0x72, 3, 97, 98, 99], limits: limits).aString == "abc")
    #expect(throws: WireError.tooLarge) {
      try CodecSample(decoding: [0x72, 4, 97, 98, 99, 100], limits: limits)
    }
  }

  /// A sorted array takes an entry in front of all others by moving them all.
  @Test func `a large map that arrives backwards is taken in at once`() throws {
    let count: Int32 = 200_000
    var writer = WireWriter()
    for key in (0..<count).reversed() {
      let mark = writer.begin(62)
      writer.int32(1, key)
      writer.int64(2, Int64(key))
      writer.end(mark)
    }
    let sample = try CodecSample(decoding: writer.bytes)
    #expect(sample.numbers.count == Int(count))
    #expect(sample.numbers[77] == 77)
    #expect(sample.numbers.keys == Array(0..<count))
  }

  @Test func `content grows its length to as many bytes as it needs`() {
    for length in [0, 127, 128, 16_383, 16_384, 2_097_152] {
      var expected = WireWriter()
      expected.data(1, [UInt8](repeating: 7, count: length))
      var writer = WireWriter()
      let mark = writer.begin(1)
      for _ in 0..<length { writer.varint(7) }
      writer.end(mark)
      #expect(writer.bytes == expected.bytes)
    }
  }

  @Test func `an older program passes on what it does not know, inside messages too`() throws {
    let newer = CodecSample(
      anInt32: 1, point: .init(x: 3, y: 4, label: "here"), texts: ["a": "b"],
      choice: .chosenInt32(0))
    var older = try CodecOlder(decoding: newer.encoded())
    older.anInt32 = 2
    older.point?.y = 5
    let back = try CodecSample(decoding: older.encoded())
    #expect(back.anInt32 == 2)
    #expect(back.point == .init(x: 3, y: 5, label: "here"))
    #expect(back.texts == ["a": "b"])
    #expect(back.choice == .chosenInt32(0))
  }

  @Test func `presence is kept apart from the default`() throws {
    let empty = try CodecSample(decoding: [])
    #expect(empty.maybeInt32 == nil && empty.maybeString == nil && empty.point == nil)
    let present = CodecSample(
      point: .init(), maybeInt32: 0, maybeString: "", maybeColour: .unspecified)
    #expect(try CodecSample(decoding: present.encoded()) == present)
    #expect(present != empty)
  }

  @Test func `a message inside itself reads as an optional and can be changed in place`() {
    var hen = CodecHen(age: 3)
    #expect(hen.egg == nil)
    hen.egg = CodecEgg(content: .chick(CodecHen(age: 1)))
    hen.egg?.hen = CodecHen(age: 4)
    #expect(hen.egg == CodecEgg(hen: CodecHen(age: 4), content: .chick(CodecHen(age: 1))))
    hen.egg = nil
    #expect(hen == CodecHen(age: 3))
  }

  @Test func `an enum number nobody knows is kept`() throws {
    let sample = try CodecSample(decoding: CodecSample(colour: .unrecognized(41)).encoded())
    #expect(sample.colour == .unrecognized(41))
    #expect(CodecSample.Colour(rawValue: 2) == .darkBlue)
    #expect(CodecSample.Colour(rawValue: -3) == .belowZero)
  }

  @Test func `a refusal says where`() {
    #expect(throws: WireError.malformed("text is not UTF-8, at byte 4")) {
      try CodecSample(decoding: [0x18, 1, 0x72, 1, 0xff])
    }
    #expect(throws: WireError.truncated) { try CodecSample(decoding: [0x72]) }
  }
}
