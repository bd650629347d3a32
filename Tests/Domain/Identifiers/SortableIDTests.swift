import Domain
import Testing

@Suite struct SortableIDTests {
  @Test func `bits are laid out as UUIDv7`() {
    let id = SortableID(at: Moment(microseconds: 0x0123_4567_89ab * 1_000 + 999)) { .max }
    #expect(id.high == 0x0123_4567_89ab_7fff)
    #expect(id.low == 0xbfff_ffff_ffff_ffff)
    let quiet = SortableID(at: .start) { 0 }
    #expect(quiet.high == 0x7000)
    #expect(quiet.low == 0x8000_0000_0000_0000)
  }

  @Test func `instants out of range are cut, never a trap`() {
    #expect(SortableID(at: Moment(microseconds: .min)) { 0 }.high == 0x7000)
    let last = SortableID(at: .distantFuture) { 0 }
    #expect(SortableID(text: last.text) == last)
  }

  @Test func `text reads back and sorts as the bits do`() {
    var random = SeededRandom(5)
    var ids = [SortableID(high: 0, low: 0), SortableID(high: .max, low: .max)]
    for _ in 0..<1_000 { ids.append(SortableID(high: random.next(), low: random.next())) }
    for id in ids {
      #expect(id.text.utf8.count == 26)
      #expect(SortableID(text: id.text) == id)
    }
    #expect(ids.sorted().map(\.text) == ids.map(\.text).sorted())
    #expect(ids[0].text == String(repeating: "0", count: 26))
    #expect(ids[1].text == "7" + String(repeating: "z", count: 25))
  }

  @Test(arguments: [
    "", "0", "0000000000000000000000000", "000000000000000000000000000",
    "80000000000000000000000000", "zzzzzzzzzzzzzzzzzzzzzzzzzz", "0000000000000000000000000I",
    "0000000000000000000000000A", "0000000000000000000000000u", "0000000000000000000000000 ",
    "00000000000000000000000é",
  ])
  func `anything but the printed form is refused`(text: String) {
    #expect(SortableID(text: text) == nil)
  }

  @Test func `ids of later moments sort later`() {
    var random = SeededRandom(9)
    let ids = (0..<100).map { step in
      SortableID(at: Moment(microseconds: 1_700_000_000_000_000 + step * 1_000)) { random.next() }
    }
    #expect(ids == ids.sorted())
  }
}
