import ServiceKit
import Testing

struct PercentCodingTests {
  @Test func `what was encoded is decoded again, whatever it is`() {
    for text in [
      "", "a b+c", "ä€😀", "%", "a/b?c=d&e", "\u{0}\n\u{7f}", "~.-_", "\u{e9}\u{65}\u{301}",
    ] {
      let encoded = PercentCoding.encoded(text)
      #expect(encoded.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f })
      for plusIsBlank in [true, false] {
        let decoded = PercentCoding.decoded(encoded, plusIsBlank: plusIsBlank)
        #expect(decoded.map { Array($0.utf8) } == Array(text.utf8), "\(encoded)")
      }
    }
  }

  @Test func `unreserved characters stand for themselves`() {
    #expect(PercentCoding.encoded("aZ09-._~") == "aZ09-._~")
    #expect(PercentCoding.encoded("/ +\u{1}") == "%2F%20%2B%01")
  }

  @Test(arguments: ["%", "%1", "%g0", "%0g", "%-1", "%+1", "%ff", "%c3", "%e2%82", "a%f0%9f%98"])
  func `broken escapes and bytes that are no text are nothing`(text: String) {
    #expect(PercentCoding.decoded(text, plusIsBlank: false) == nil)
  }

  @Test func `a plus is a blank in queries only`() {
    #expect(PercentCoding.decoded("a+b%2B", plusIsBlank: true) == "a b+")
    #expect(PercentCoding.decoded("a+b%2B", plusIsBlank: false) == "a+b+")
  }
}
