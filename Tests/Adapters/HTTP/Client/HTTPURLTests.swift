import Ports
import Testing

@testable import HTTPAdapter

@Suite struct HTTPURLTests {
  @Test(arguments: [
    ("http://a", "a", 80, "a", "/"),
    ("HTTP://a.b:8080/c/d?e=f#g", "a.b", 8080, "a.b:8080", "/c/d?e=f"),
    ("http://a?b", "a", 80, "a", "/?b"),
    ("http://[::1]:90/x", "::1", 90, "[::1]:90", "/x"),
    ("https://a/b", "a", 443, "a", "/b"), ("HTTPS://a:8443", "a", 8443, "a:8443", "/"),
    ("http://127.0.0.1:1/%20", "127.0.0.1", 1, "127.0.0.1:1", "/%20"),
  ])
  func `a URL is taken apart`(
    _ text: String, _ host: String, _ port: Int, _ authority: String, _ target: String
  ) throws {
    let url = try HTTPURL(text)
    #expect(url.isSecure == text.lowercased().hasPrefix("https"))
    #expect(url.host == host)
    #expect(url.port == port)
    #expect(url.authority == authority)
    #expect(url.target == target)
  }

  @Test(arguments: [
    "", "a", "/a", "ftp://a/", "https:/a/", "https://", "http:/a", "http://", "http:///a",
    "http://u:p@a/",
    "http://a:0/", "http://a:65536/", "http://a:x/", "http://a:", "http://a b/", "http://a/b c",
    "http://a/\r\nX: y", "http://a/%zz", "http://[::1/", "http://[g]/", "http://a\\b/", "http://ä/",
  ])
  func `what is not an http URL is refused before anything is sent`(_ text: String) {
    #expect {
      try HTTPURL(text)
    } throws: { error in
      if case .unreachable? = error as? HTTPError { true } else { false }
    }
  }
}
