import Domain
import Testing
import Wire

@Suite struct JSONWriterTests {
  private func text(_ body: (inout JSONWriter) -> Void) -> String {
    String(decoding: JSONWriter.object(body), as: UTF8.self)
  }

  @Test func `members and elements are separated, at every depth`() {
    let written = text { writer in
      writer.field("a", 1)
      writer.field("b", "x")
      writer.field("c", true)
      writer.field("empty", object: { _ in })
      writer.field("list", array: [1, 2]) { writer, number in
        writer.object { $0.field("n", number) }
      }
      writer.name("mixed")
      writer.array { writer in
        writer.null()
        writer.array { _ in }
        writer.value("y")
        writer.value(false)
      }
      writer.field("last", UInt64.max)
    }
    #expect(
      written == #"{"a":1,"b":"x","c":true,"empty":{},"list":[{"n":1},{"n":2}],"#
        + #""mixed":[null,[],"y",false],"last":18446744073709551615}"#)
  }

  @Test func `fields without a value are left out`() {
    let absent: String? = nil
    let number: Int64? = nil
    let value: Value? = nil
    let flag: Bool? = nil
    let written = text { writer in
      writer.field("a", ifPresent: absent)
      writer.field("b", ifPresent: number)
      writer.field("c", ifPresent: value)
      writer.field("d", ifPresent: flag)
      writer.field("e", ifPresent: Optional("x"))
      writer.field("f", ifPresent: Optional(Int64.min))
    }
    #expect(written == #"{"e":"x","f":-9223372036854775808}"#)
  }

  @Test func `everything that may not stand in a string is escaped, names too`() {
    let every =
      String(String.UnicodeScalarView((0...0x7f).compactMap { Unicode.Scalar($0) })) + "é\u{2028}𝄞"
    let bytes = JSONWriter.object { $0.field(every, every) }
    var limits = JSONLimits()
    limits.isNullCharacterAllowed = true
    #expect(bytes.allSatisfy { $0 >= 0x20 })
    #expect((try? Value(json: bytes, limits: limits)) == .object([every: .string(every)]))
  }

  @Test func `values, texts and lists are written as a value would be`() {
    let value = Value.object([
      "b": .array([.null, .decimal(Decimal(scaled: 1_500_000_000))]), "a": .string("\n"),
    ])
    let written = text { writer in
      writer.field("v", value)
      writer.field("l", ["x", "y"])
      writer.field("m", ["k": "v", "j": ""])
      writer.name("raw")
      writer.value(verbatim: Array("[1]".utf8))
    }
    #expect(
      written == #"{"v":"# + value.json + #","l":["x","y"],"m":{"j":"","k":"v"},"raw":[1]}"#)
  }

  @Test func `bytes that are no text are repaired`() throws {
    var writer = JSONWriter(capacity: 16)
    writer.value(repairing: [0x61, 0xff, 0x62])
    #expect(try Value(json: writer.bytes) == .string("a\u{fffd}b"))
  }
}
