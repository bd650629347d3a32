import Domain
import Ports
import ServiceKit
import SimulationFakes
import Testing

struct ListCursorTests {
  private let seal = CursorSeal(key: "key", digest: FakeDigest())

  @Test func `a cursor is good for its list, whatever the place holds`() {
    for place in [["a"], ["", "x"], [""], ["ä😀", "1.2-3", "\n"], ["i12", "trun_x"]] {
      let text = ListCursor(place: place).text(filter: "f", seal)
      #expect(ListCursor(text: text, filter: "f", seal)?.place == place)
      #expect(text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "&") })
    }
  }

  @Test func `a cursor is good for no other list and under no other key`() {
    let text = ListCursor(place: ["b"]).text(filter: "runs\nnamespace=a", seal)
    #expect(ListCursor(text: text, filter: "runs\nnamespace=b", seal) == nil)
    #expect(ListCursor(text: text, filter: "runs\nnamespace=a\n62", seal) == nil)
    let other = CursorSeal(key: "other", digest: FakeDigest())
    #expect(ListCursor(text: text, filter: "runs\nnamespace=a", other) == nil)
  }

  /// Goal: nobody makes a cursor up, nor changes one.
  /// Method: every cut, and every single character replaced, of a good one.
  @Test func `cut, changed and made-up cursors are refused`() {
    let text = ListCursor(place: ["abc", "12"]).text(filter: "f", seal)
    for length in 0..<text.count {
      #expect(ListCursor(text: String(text.prefix(length)), filter: "f", seal) == nil)
      for letter in ["0", "f", "g", "-", ".", "é", " "] {
        var changed = Array(text).map(String.init)
        guard changed[length] != letter else { continue }
        changed[length] = letter
        #expect(ListCursor(text: changed.joined(), filter: "f", seal) == nil)
      }
    }
    for text in ["", "-", "--", "61-", "61", text + "0", "0" + text, text + text] {
      #expect(ListCursor(text: text, filter: "f", seal) == nil)
    }
  }

  @Test func `a cursor is as long as it may be and no longer`() {
    // Two digits for each byte, a dash and the seal of 32.
    let longest = (ListCursor.textBytesMax - 33) / 2
    for (length, isGood) in [(longest - 1, true), (longest, true), (longest + 1, false)] {
      let place = [String(repeating: "x", count: length)]
      let text = ListCursor(place: place).text(filter: "f", seal)
      #expect((ListCursor(text: text, filter: "f", seal) != nil) == isGood)
    }
  }
}
