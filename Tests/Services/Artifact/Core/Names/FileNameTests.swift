import ArtifactCore
import Testing

struct FileNameTests {
  @Test(arguments: [
    "a", "report.xml", "Größe.txt", "日本語.txt", "a b", "-rf", ".hidden", "...a", "100%", "a;b",
    "x'y\"z", "📦.zip", "हिन्दी", "com", "com10", "console.log", String(repeating: "x", count: 255),
  ])
  func `good names are taken as they are`(name: String) {
    #expect(FileName.fault(in: name) == nil)
  }

  @Test(
    arguments: [
      ("", .empty), (".", .dots), ("..", .dots), ("a/b", .slash), ("/", .slash), ("a\\b", .slash),
      ("..\\..\\x", .slash), ("a\u{0}", .control), ("a\nb", .control), ("a\u{7f}", .control),
      ("a\u{202e}gpj.exe", .control), ("a\u{200b}", .control), ("a\u{feff}", .control),
      ("a\u{2028}b", .control), ("\u{e000}", .control),
      ("e\u{301}.txt", .notComposed), ("\u{212b}", .notComposed),
      ("\u{1100}\u{1161}", .notComposed),
      (" a", .blankEnd), ("a ", .blankEnd), ("a.", .blankEnd), ("...", .blankEnd),
      ("con", .reserved), ("CON.txt", .reserved), ("nul", .reserved), ("Com1", .reserved),
      ("lpt9.tar.gz", .reserved), (String(repeating: "x", count: 256), .tooLong),
      (String(repeating: "é", count: 128), .tooLong),
    ] as [(String, FileName.Fault)])
  func `bad names are refused, and it is said why`(name: String, fault: FileName.Fault) {
    #expect(FileName.fault(in: name) == fault)
  }

  @Test func `paths are names between slashes and lead nowhere else`() {
    for path in ["a", "a/b", "reports/unit/a.xml", "a/.b/c"] {
      #expect(FileName.fault(inPath: path) == nil, "\(path)")
    }
    for path in [
      "", "/", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "a/..", "a\\..\\b", "C:\\a",
      "a/\u{0}", "a/con/b", String(repeating: "a/", count: 40) + "a",
      [String](repeating: String(repeating: "x", count: 200), count: 6).joined(separator: "/"),
    ] {
      #expect(FileName.fault(inPath: path) != nil, "\(path)")
    }
  }

  /// Goal: no name breaks out of its header field.
  @Test func `names are offered in two spellings`() {
    #expect(
      FileName.disposition("a b.txt")
        == "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt")
    #expect(
      FileName.disposition("Grö\"%;\\.é")
        == "attachment; filename=\"Gr___;_._\"; filename*=UTF-8''Gr%C3%B6%22%25%3B%5C.%C3%A9")
    let odd = FileName.disposition("a\r\nSet-Cookie: b")
    #expect(odd.unicodeScalars.allSatisfy { (0x20...0x7e).contains($0.value) })
  }

  @Test func `types are read strictly and given out by a list`() {
    #expect(MediaType.read("Text/Plain; charset=utf-8") == "text/plain")
    for text in ["", "text", "text/", "/plain", "text/plain/x", "te xt\n/plain", "a/é"] {
      #expect(MediaType.read(text) == nil, "\(text)")
    }
    #expect(MediaType.served("text/plain") == "text/plain")
    for type in ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "x/y"] {
      #expect(MediaType.served(type) == "application/octet-stream")
    }
  }
}
