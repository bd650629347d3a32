import Ports
import Testing

struct RecordValueTests {
  @Test func `texts are equal and ordered by their bytes`() {
    let composed = RecordValue.text("\u{e9}")
    let decomposed = RecordValue.text("e\u{301}")
    #expect(composed != decomposed)
    #expect(decomposed < composed)
    #expect(!(composed < decomposed))
    #expect(composed == .text("\u{e9}"))
  }

  @Test func `order and equality agree`() {
    let values: [RecordValue] = [
      .integer(.min), .integer(0), .text(""), .text("a"), .bytes([]), .bytes([1]), .null,
    ]
    for (place, value) in values.enumerated() {
      for (other, next) in values.enumerated() {
        #expect((value == next) == (place == other))
        #expect((value < next) == (place < other))
      }
    }
  }
}
