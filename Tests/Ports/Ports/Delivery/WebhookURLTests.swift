import Domain
import Ports
import Testing

struct WebhookURLTests {
  @Test func `host, port and scheme are told`() throws {
    let plain = try #require(WebhookURL("http://Hooks.example.org/in?key=1"))
    #expect(plain.host == "hooks.example.org" && plain.port == 80 && !plain.isSecure)
    let other = try #require(WebhookURL("HTTPS://[2001:DB8::1]:8443"))
    #expect(other.host == "2001:db8::1" && other.port == 8_443 && other.isSecure)
    #expect(other.origin == "2001:db8::1:8443")
  }

  @Test(
    arguments: [
      "", "hooks.example.org", "ftp://a/", "file:///etc/passwd", "http://", "http:///x",
      "http://:80",
      "http://a:0", "http://a:65536", "http://a:", "http://a:+1", "http://a:1x", "http://u@a/",
      "http://u:p@a/", "http://a\\@b/", "http://a#b", "http://a/ b", "http://a/\tb", "http://a/\nb",
      "http://bücher.example/", "http://[::1", "http://[::1%25eth0]/", "http://[1.2.3.4]/",
      "http://a b/", "http://\u{0}/", "gopher://a", "http://[::1]x/", "http:/a", "//a/",
    ])
  func `what two readers could understand differently is refused`(text: String) {
    #expect(WebhookURL(text) == nil)
  }

  @Test func `lengths end at the limit`() {
    let host = String(repeating: "a", count: 253)
    #expect(WebhookURL("http://\(host)/") != nil)
    #expect(WebhookURL("http://\(host)a/") == nil)
    let base = "http://a/"
    let room = WebhookURL.bytesMax - base.utf8.count
    #expect(WebhookURL(base + String(repeating: "x", count: room)) != nil)
    #expect(WebhookURL(base + String(repeating: "x", count: room + 1)) == nil)
  }
}

struct MailMessageTests {
  private func mail(
    id: String = "ntf_1", to: String = "a@example.org", subject: String = "run failed"
  ) -> MailMessage {
    MailMessage(id: id, to: to, subject: subject, text: "t", html: "h", writtenAt: .start)
  }

  @Test func `plain mail has no fault`() {
    #expect(mail().fault == nil)
    #expect(mail(subject: "Büro ✓").fault == nil)
    #expect(mail(to: "first.last+tag@sub.example.org").fault == nil)
  }

  @Test(
    arguments: [
      "", "a", "a@", "@b", "a@b@c", "a b@c", "a@b\r\nRCPT TO:<x@y>", "a@b\n", "\"a\"@b", "<a@b>",
      "a,b@c", "a@b>", "a@[127.0.0.1]", "ä@b", "a\u{0}@b", "a:b@c", "a;b@c",
    ])
  func `an address that could mean something else is refused`(to: String) {
    #expect(mail(to: to).fault != nil)
  }

  @Test(arguments: [
    "a\r\nBcc: x@y", "a\nb", "a\u{0}b", "a\u{7f}", String(repeating: "s", count: 513),
  ])
  func `a subject that could carry a header is refused`(subject: String) {
    #expect(mail(subject: subject).fault != nil)
  }

  @Test(arguments: ["", "a@b", "a>b", "a b", "a\r\nb", String(repeating: "i", count: 65)])
  func `an id that could break the Message-ID is refused`(id: String) {
    #expect(mail(id: id).fault != nil)
  }
}
