import CryptoAdapter
import Domain
import Ports
import Testing

@testable import S3Adapter

/// The examples of Amazon's documentation of S3 ("Signature Calculations for the Authorization
/// Header" and "Authenticating Requests: Using Query Parameters").
@Suite struct RequestSignerTests {
  private static let emptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  private let signer = RequestSigner(
    credentials: S3Credentials(
      accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    region: "us-east-1", digest: OpenSSLDigest())
  private let time = SigningTime(second: "20130524T000000Z")

  private func request(
    _ method: String, _ path: String, _ query: [(String, String)] = [],
    _ fields: [(String, String)] = [], payload: String = emptyHash
  ) -> SignableRequest {
    SignableRequest(
      method: method, path: path, query: query.map { (name: $0.0, value: $0.1) },
      fields: fields.map { (name: $0.0, value: $0.1) } + [
        ("host", "examplebucket.s3.amazonaws.com"), ("x-amz-content-sha256", payload),
        ("x-amz-date", "20130524T000000Z"),
      ])
  }

  @Test func `reading a range is signed as in the documentation`() {
    let authorization = signer.authorization(
      of: request("GET", "/test.txt", [], [("range", "bytes=0-9")]),
      payload: Self.emptyHash, at: time)
    #expect(
      authorization == "AWS4-HMAC-SHA256 "
        + "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
  }

  @Test func `storing is signed as in the documentation, with an odd character in the name`() {
    let payload = OpenSSLDigest().hexadecimal(of: Array("Welcome to Amazon S3.".utf8))
    let signature = signer.signature(
      of: request(
        "PUT", "/test$file.text", [],
        [
          ("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ], payload: payload),
      payload: payload, at: time)
    #expect(signature == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
  }

  @Test func `a query without a value is signed as in the documentation`() {
    let signature = signer.signature(
      of: request("GET", "/", [("lifecycle", "")]), payload: Self.emptyHash, at: time)
    #expect(signature == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
  }

  @Test func `a list is signed as in the documentation, in whatever order it is asked for`() {
    for query in [[("max-keys", "2"), ("prefix", "J")], [("prefix", "J"), ("max-keys", "2")]] {
      let signature = signer.signature(
        of: request("GET", "/", query), payload: Self.emptyHash, at: time)
      #expect(signature == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }
  }

  @Test func `a link is signed as in the documentation`() {
    let query = signer.linkQuery(
      of: SignableRequest(
        method: "GET", path: "/test.txt", query: [],
        fields: [("host", "examplebucket.s3.amazonaws.com")]),
      lives: .seconds(86_400), at: time)
    #expect(
      query == "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
  }

  @Test func `the token of credentials that were lent is part of a link`() {
    var lent = signer.credentials
    lent.sessionToken = "a/b+c"
    let query = RequestSigner(credentials: lent, region: "r", digest: OpenSSLDigest()).linkQuery(
      of: SignableRequest(method: "GET", path: "/a", query: [], fields: [("host", "h")]),
      lives: .seconds(1), at: time)
    #expect(query.contains("&X-Amz-Security-Token=a%2Fb%2Bc&"))
  }

  @Test func `blanks in values count once, and names are in the order of their bytes`() {
    let canonical = RequestSigner.canonical(
      SignableRequest(
        method: "PUT", path: "/a b/é~", query: [("b", "2 /"), ("B", "ä"), ("a", "")],
        fields: [("x-b", "  two   blanks "), ("x-a", "1")]), payload: "hash")
    #expect(
      canonical == "PUT\n/a%20b/%C3%A9~\nB=%C3%A4&a=&b=2%20%2F\nx-a:1\nx-b:two blanks\n\nx-a;x-b\n"
        + "hash")
  }

  @Test func `an instant is written in seconds of UTC`() throws {
    let moment = try #require(Moment(text: "2026-02-03T04:05:06.789Z"))
    #expect(SigningTime(moment).second == "20260203T040506Z")
    #expect(SigningTime(moment).day == "20260203")
  }
}
