import Testing
import Wire

@Suite struct WireCodecTests {
  @Test func `content grows its length to as many bytes as it needs`() {
    for length in [0, 127, 128, 16_383, 16_384, 70_000] {
      var expected = WireWriter()
      expected.data(1, [UInt8](repeating: 7, count: length))
      var writer = WireWriter()
      let mark = writer.begin(1)
      for _ in 0..<length { writer.varint(7) }
      writer.end(mark)
      #expect(writer.bytes == expected.bytes)
    }
  }
}
