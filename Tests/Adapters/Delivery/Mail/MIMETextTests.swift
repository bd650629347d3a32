import Domain
import Ports
import Testing

@testable import DeliveryAdapter

struct MIMETextTests {
  private func text(subject: String = "s", _ body: String = "t") -> String {
    let mail = MailMessage(
      id: "ntf_1", to: "a@example.org", subject: subject, text: body, html: "<p>",
      writtenAt: .start)
    return String(
      decoding: MIMEText(mail, from: "m@example.org", name: "Mill, Race").bytes, as: UTF8.self)
  }

  @Test func `lines are ASCII, end in CRLF and stay short`() {
    let long = String(repeating: "Grüße und ein langer Satz ohne Umbruch ", count: 50)
    let text = text(subject: String(long.prefix(200)) + "✓", long + "\n" + long)
    for line in text.split(separator: "\r\n", omittingEmptySubsequences: false) {
      #expect(line.utf8.count <= 78, "\(line)")
      #expect(line.utf8.allSatisfy { (0x20...0x7e).contains($0) }, "\(line)")
    }
  }

  @Test(arguments: ["a\rb", "a\nb", "a\r\nb", "a\nb\n", "a\n\nb", "", "\n"])
  func `line breaks of any kind become CRLF`(body: String) {
    let encoded = QuotedPrintable.text(body)
    #expect(encoded.hasSuffix("\r\n"))
    #expect(encoded.replacing("\r\n", with: "").utf8.allSatisfy { $0 != 13 && $0 != 10 })
  }

  @Test func `what servers and mailboxes would change is encoded`() {
    #expect(QuotedPrintable.text(".") == "=2E\r\n")
    #expect(QuotedPrintable.text("..\na.b") == "=2E.\r\na.b\r\n")
    #expect(QuotedPrintable.text("From me") == "=46rom me\r\n")
    #expect(QuotedPrintable.text("Fine") == "Fine\r\n")
    #expect(QuotedPrintable.text("end \t") == "end =09\r\n")
    #expect(QuotedPrintable.text("a=b") == "a=3Db\r\n")
    #expect(QuotedPrintable.text("ü") == "=C3=BC\r\n")
  }

  @Test func `text never holds the boundary`() {
    let text = text("--=_millrace--\r\n--=_millrace")
    #expect(text.split(separator: "\r\n").filter { $0.hasPrefix("--=_millrace") }.count == 3)
  }

  @Test func `a subject that could be read as encoded words is encoded`() {
    #expect(HeaderText.encoded("run failed", afterColumns: 9) == "run failed")
    #expect(HeaderText.encoded("=?UTF-8?B?QQ==?=", afterColumns: 9).hasPrefix("=?UTF-8?B?PT9V"))
    #expect(HeaderText.encoded("Mill, Race", afterColumns: 6) == "=?UTF-8?B?TWlsbCwgUmFjZQ==?=")
    #expect(HeaderText.encoded("", afterColumns: 9) == "")
  }

  @Test(
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 +0000"), (951_782_399, "Mon, 28 Feb 2000 23:59:59 +0000"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
      (-1, "Wed, 31 Dec 1969 23:59:59 +0000"), (1_769_860_800, "Sat, 31 Jan 2026 12:00:00 +0000"),
    ] as [(Int64, String)])
  func `dates are those of mail`(seconds: Int64, text: String) {
    #expect(MailDate.text(of: Moment(microseconds: seconds * 1_000_000)) == text)
  }
}
