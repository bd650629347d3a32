import CryptoAdapter
import Domain
import Ports
import Testing

struct WebhookSignatureTests {
  private func signature(body: String, _ secrets: [WebhookSecret]) -> String? {
    let fields = WebhookSignature.fields(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek", sentAt: Moment(microseconds: 1_614_265_330_999_999),
      body: Array(body.utf8), secrets: secrets, digest: OpenSSLDigest())
    return HTTPFields(fields)["webhook-signature"]
  }

  /// The example that the authors of Standard Webhooks publish with their libraries.
  @Test func `the published signature comes out`() throws {
    let secret = try #require(WebhookSecret(text: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    let body = #"{"test": 2432232314}"#
    #expect(signature(body: body, [secret]) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    #expect(signature(body: body + " ", [secret]) != signature(body: body, [secret]))
  }

  @Test func `while secrets change over there is a signature of each`() throws {
    let one = try #require(WebhookSecret(bytes: [UInt8](repeating: 1, count: 32)))
    let two = try #require(WebhookSecret(bytes: [UInt8](repeating: 2, count: 32)))
    let both = try #require(signature(body: "{}", [one, two]))
    let parts = both.split(separator: " ").map(String.init)
    #expect(
      parts == [signature(body: "{}", [one]), signature(body: "{}", [two])].compactMap(\.self))
  }

  @Test(arguments: ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAA", "whsec_%%%%"])
  func `what is no secret is refused`(text: String) {
    #expect(WebhookSecret(text: text) == nil)
  }
}
