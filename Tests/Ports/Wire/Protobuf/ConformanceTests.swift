import TestSupport
import Testing
import Wire

@Suite struct ConformanceTests {
  @Test(arguments: try GoldenVector.all())
  func `bytes are read and written as Python's protobuf does`(vector: GoldenVector) throws {
    let type = try #require(CodecCatalogue.messages.first { $0.name == vector.type }).type
    let bytes = try #require(Hexadecimal.bytes(vector.bytes))
    if let again = vector.again {
      #expect(Hexadecimal.text(try type.init(decoding: bytes).encoded()) == again)
    } else {
      #expect(throws: WireError.self) { try type.init(decoding: bytes) }
    }
  }

  /// Goal: no bytes trap, and what is read once is written the same for ever.
  /// Method: damage the golden vectors, read them as messages of any type, and read again what is
  /// written.
  @Test func `damaged bytes are refused or read, and then written stably`() throws {
    let seeds = try GoldenVector.bytes()
    var mutator = Mutator(seed: 7)
    var readCount = 0
    for round in 0..<25_000 {
      let bytes = mutator.mutant(of: seeds[mutator.next(below: seeds.count)])
      let type = CodecCatalogue.messages[round % 3 == 0 ? round % CodecCatalogue.messages.count : 0]
        .type
      guard let written = try? type.init(decoding: bytes).encoded() else { continue }
      readCount += 1
      #expect(try type.init(decoding: written).encoded() == written)
    }
    #expect(readCount > 2_500)
  }
}
