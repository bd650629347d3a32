import Ports
import Testing

struct Base64Tests {
  /// Source: RFC 4648 §10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func `texts are those of RFC 4648`(plain: String, text: String) {
    let bytes = [UInt8](plain.utf8)
    #expect(Base64.standard.text(bytes) == text)
    #expect(Base64.standard.bytes(text) == bytes)
    let bare = text.filter { $0 != "=" }
    for form in [Base64.unpadded, .url] {
      #expect(form.text(bytes) == bare)
      #expect(form.bytes(bare) == bytes)
      #expect(bare == text || form.bytes(text) == nil)
    }
  }

  @Test func `every sequence of two bytes comes back, and has one text`() {
    for number in 0..<65_536 {
      let bytes = [UInt8(number >> 8), UInt8(number & 255)]
      for form in [Base64.standard, .unpadded, .url] {
        #expect(form.bytes(form.text(bytes)) == bytes)
      }
    }
  }

  @Test(arguments: [
    "A", "AB", "AAB", "AA=", "AA==", "A===", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v.", "+/+/", "Zm8=",
    "ÄAAA", "Zg==Zg==",
  ])
  func `texts that mean something to lenient readers only are refused`(text: String) {
    #expect(Base64.url.bytes(text) == nil)
  }
}
