import Domain
import Testing

@Suite struct TraceContextTests {
  private static let example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

  @Test func `the example of the specification is read and written`() throws {
    let context = try #require(TraceContext(traceparent: Self.example))
    #expect(context.trace.text == "4bf92f3577b34da6a3ce929d0e0e4736")
    #expect(context.span.text == "00f067aa0ba902b7")
    #expect(context.isSampled)
    #expect(context.traceparent == Self.example)
  }

  @Test(arguments: ["00", "02", "fe"])
  func `only the lowest flag says whether spans are recorded`(flags: String) throws {
    let text = Self.example.dropLast(2) + flags
    #expect(try #require(TraceContext(traceparent: String(text))).isSampled == false)
    #expect(try #require(TraceContext(traceparent: Self.example.dropLast(2) + "03")).isSampled)
  }

  @Test func `what a later version adds is passed over, and only there`() {
    let later = "cc" + Self.example.dropFirst(2)
    #expect(TraceContext(traceparent: later) != nil)
    #expect(TraceContext(traceparent: later + "-what-the-future-brings") != nil)
    #expect(TraceContext(traceparent: later + ".what") == nil)
    #expect(TraceContext(traceparent: Self.example + "-what") == nil)
    #expect(TraceContext(traceparent: later + "-" + String(repeating: "a", count: 500)) == nil)
  }

  @Test func `every other text is none`() {
    let good = Array(Self.example)
    let broken =
      ["", "00", "ff" + Self.example.dropFirst(2), Self.example.uppercased()]
      + [
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
      ]
      + good.indices.map { String(good[..<$0]) }
      + good.indices.map { place in
        var text = good
        text[place] = "x"
        return String(text)
      }
      + good.indices.map { place in
        var text = good
        text[place] = "é"
        return String(text)
      }
    for text in broken { #expect(TraceContext(traceparent: text) == nil, "\(text)") }
  }

  @Test func `what has a name has one span, and never the one that is none`() {
    #expect(SpanID(of: "run_1") == SpanID(of: "run_1"))
    #expect(SpanID(of: "run_1") != SpanID(of: "run_2"))
    #expect(SpanID(random: 0).bits == 1)
    #expect(SpanID(bits: 0) == nil)
    #expect(TraceID(high: 0, low: 0) == nil)
    #expect(TraceID(of: SortableID(high: 0, low: 0)).low == 1)
  }
}
