import Testing

@testable import S3Adapter

@Suite struct XMLReaderTests {
  private func root(_ text: String) -> XMLElement? { XMLReader.root(Array(text.utf8)) }

  @Test func `elements, text, entities and numbers are read`() {
    let document = root(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a:List xmlns:a='x' b=\"1&amp;2\">\n"
        + "  <Name>&lt;a&gt; &quot;b&#34; &amp;&apos;&#x27;é</Name><Empty/><Empty ></Empty >\n"
        + "</a:List>\n")
    #expect(document?.name == "List")
    #expect(document?["Name"] == "<a> \"b\" &''é")
    #expect(document?.all("Empty").map(\.text) == ["", ""])
  }

  @Test(arguments: [
    "", "text", "<", "<a", "<a>", "<a></b>", "<a><b></a></b>", "<a/><b/>", "<a/>x", "x<a/>",
    "<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a>&b;</a>", "<a>&amp</a>",
    "<a>&#xD800;</a>", "<a>&#;</a>", "<a>&#99999999;</a>", "<a><!-- b --></a>",
    "<a><![CDATA[b]]></a>", "<a><?b?></a>", "<a b></a>", "<a b=c></a>", "<a b='c\"></a>",
    "<a b='<'/>", "<?xml version='1.0'", "<1 2/>< a/>", "<a>\u{0}</a",
  ])
  func `what S3 does not write is not read`(_ text: String) {
    #expect(root(text) == nil)
  }

  @Test func `bytes that are no UTF-8 are not read`() {
    #expect(XMLReader.root([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]) == nil)
  }

  @Test func `depth and number of elements are bounded`() {
    func nested(_ depth: Int) -> XMLElement? {
      root(
        String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth))
    }
    #expect(nested(8) != nil)
    #expect(nested(9) == nil)
    #expect(nested(100_000) == nil)
    #expect(root("<a>" + String(repeating: "<b/>", count: 19_999) + "</a>") != nil)
    #expect(root("<a>" + String(repeating: "<b/>", count: 20_000) + "</a>") == nil)
  }

  @Test func `a page that hides where it goes on is no page`() {
    func page(_ inner: String) -> ListPage<ListedName, String>? {
      root("<ListBucketResult>\(inner)</ListBucketResult>").flatMap {
        ListPage<ListedName, String>($0)
      }
    }
    let item =
      "<Contents><Key>a</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
      + "<ETag>&quot;t&quot;</ETag><Size>7</Size></Contents>"
    #expect(page(item)?.items.map(\.tag) == ["t"])
    #expect(page("<IsTruncated>false</IsTruncated>\(item)")?.next == nil)
    #expect(
      page("<IsTruncated>true</IsTruncated><NextContinuationToken>n</NextContinuationToken>")?.next
        == "n")
    #expect(page("<IsTruncated>true</IsTruncated>\(item)") == nil)
    #expect(page("<IsTruncated>maybe</IsTruncated>") == nil)
    #expect(page(item.replacing("7", with: "-7")) == nil)
    #expect(page(item.replacing("<Size>7</Size>", with: "")) == nil)
  }
}
