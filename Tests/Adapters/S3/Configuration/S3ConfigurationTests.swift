import Testing

@testable import S3Adapter

@Suite struct S3ConfigurationTests {
  private let credentials = S3Credentials(
    accessKey: "key", secretKey: "hush", sessionToken: "lent")

  @Test func `one line says where the store is`() throws {
    let plain = try S3Configuration(url: "http://key:se%2Fcret@127.0.0.1:8333/bucket")
    #expect(plain.credentials == S3Credentials(accessKey: "key", secretKey: "se/cret"))
    #expect(plain.origin == "http://127.0.0.1:8333")
    #expect(plain.path("a/~") == "/bucket/a/~")
    #expect(plain.path("") == "/bucket")
    #expect(plain.region == "us-east-1")
    #expect(plain.prefix == "")
  }

  @Test func `a bucket can stand before the host`() throws {
    let hosted = try S3Configuration(
      url: "https://S3.example.com/bucket/a/b?region=eu-west-3&style=host&ca=%2Fetc%2Fown.pem",
      credentials: credentials)
    #expect(hosted.origin == "https://bucket.s3.example.com")
    #expect(hosted.path("a/b/x") == "/a/b/x")
    #expect(hosted.path("") == "/")
    #expect(hosted.prefix == "a/b/")
    #expect(hosted.region == "eu-west-3")
    #expect(hosted.authoritiesFile == "/etc/own.pem")
    #expect(hosted.credentials.sessionToken == "lent")
  }

  @Test func `the usual port is not named, others are`() throws {
    for (url, field) in [
      ("https://h:443/bucket", "h"), ("https://h:80/bucket", "h:80"),
      ("http://h:80/bucket", "h"), ("https://[::1]/bucket", "[::1]"),
      ("https://[::1]:9/bucket", "[::1]:9"),
    ] {
      #expect(try S3Configuration(url: url, credentials: credentials).hostField == field)
    }
  }

  @Test(arguments: [
    "", "h/bucket", "ftp://h/bucket", "https://h", "https://h/", "https:///bucket",
    "https://h/ab", "https://h/Bucket", "https://h/bucket/../x", "https://h/bucket/a b",
    "https://h:0/bucket", "https://h:x/bucket", "https://h:65536/bucket", "https://h x/bucket",
    "https://h/bucket?region=", "https://h/bucket?style=other", "https://h/bucket?nothing=1",
    "https://h/bucket?ca=%zz", "https://h/bucket#x", "https://a@b@h/bucket",
    "https://key:other@h/bucket", "https://h/buc.ket?style=host",
  ])
  func `a line that cannot be used is refused, and what it should be is said`(_ url: String) {
    let error = #expect(throws: S3ConfigurationError.self) {
      try S3Configuration(url: url, credentials: credentials)
    }
    #expect(error?.description.isEmpty == false)
    #expect(error?.description.contains("other@") == false)
  }

  @Test func `there are no requests without credentials`() {
    for url in ["https://h/bucket", "https://key@h/bucket", "https://key:%zz@h/bucket"] {
      #expect(throws: S3ConfigurationError.self) { try S3Configuration(url: url) }
    }
    #expect(throws: S3ConfigurationError.self) {
      try S3Configuration(
        url: "https://h/bucket", credentials: S3Credentials(accessKey: "a\r\nb", secretKey: "c"))
    }
  }

  @Test func `credentials print themselves without their secrets`() {
    for text in ["\(credentials)", String(reflecting: credentials)] {
      #expect(!text.contains("hush") && !text.contains("lent"))
    }
  }
}
