import Domain
import Ports
import Testing

/// The form alone: signatures are judged by whoever signs. Here every signature is good.
struct CompactJWSTests {
  private struct Yes: Signer {
    func key(_ algorithm: SignatureAlgorithm, seed: [UInt8]) -> SigningKey? { nil }
    func signature(of message: [UInt8], by key: SigningKey) -> [UInt8] { [1] }
    func isSignature(_ signature: [UInt8], of message: [UInt8], by key: VerifyingKey) -> Bool {
      signature == [1]
    }
  }

  private static let keys = SortedMap([
    ("k1", VerifyingKey(.edDSA, bytes: [UInt8](repeating: 1, count: 32)))
  ])

  private func refusal(_ text: String) -> JWSRefusal? {
    do throws(JWSRefusal) {
      _ = try CompactJWS(text, keys: CompactJWSTests.keys, signer: Yes())
      return nil
    } catch {
      return error
    }
  }

  private func text(header: String, signature: [UInt8] = [1]) -> String {
    [[UInt8](header.utf8), [UInt8]("{}".utf8), signature].map(Base64.url.text)
      .joined(separator: ".")
  }

  @Test func `a text of ours is read`() {
    #expect(refusal(text(header: #"{"alg":"EdDSA","kid":"k1","typ":"at+jwt"}"#)) == nil)
    #expect(refusal(text(header: #"{"alg":"EdDSA","kid":"k1"}"#)) == nil)
  }

  /// RFC 8725: the algorithm belongs to the key, and the text brings nothing of its own.
  @Test(arguments: [
    (#"{"alg":"none","kid":"k1"}"#, JWSRefusal.otherAlgorithm),
    (#"{"alg":"None","kid":"k1"}"#, .otherAlgorithm),
    (#"{"alg":"","kid":"k1"}"#, .otherAlgorithm), (#"{"kid":"k1"}"#, .otherAlgorithm),
    (#"{"alg":"HS256","kid":"k1"}"#, .otherAlgorithm),
    (#"{"alg":"ES256","kid":"k1"}"#, .otherAlgorithm),
    (#"{"alg":"eddsa","kid":"k1"}"#, .otherAlgorithm),
    (#"{"alg":"EdDSA ","kid":"k1"}"#, .otherAlgorithm),
    (#"{"alg":["EdDSA"],"kid":"k1"}"#, .malformed),
    (#"{"alg":"EdDSA"}"#, .unknownKey), (#"{"alg":"EdDSA","kid":""}"#, .unknownKey),
    (#"{"alg":"EdDSA","kid":"k2"}"#, .unknownKey), (#"{"alg":"EdDSA","kid":"K1"}"#, .unknownKey),
    (#"{"alg":"EdDSA","kid":"../k1"}"#, .unknownKey), (#"{"alg":"EdDSA","kid":1}"#, .malformed),
    (#"{"alg":"EdDSA","kid":"k1","crit":["b64"],"b64":false}"#, .malformed),
    (#"{"alg":"EdDSA","kid":"k1","jku":"https://x"}"#, .unknownHeader),
    (#"{"alg":"EdDSA","kid":"k1","x5u":"https://x"}"#, .unknownHeader),
    (#"{"alg":"EdDSA","kid":"k1","zip":"DEF"}"#, .unknownHeader),
    (#"{"alg":"EdDSA","kid":"k1","jwk":{"kty":"OKP"}}"#, .malformed),
    (#"{"alg":"EdDSA","alg":"EdDSA","kid":"k1"}"#, .malformed),
    (#"{"alg":"EdDSA","kid":"k1","kid":"k1"}"#, .malformed),
    (#"["EdDSA"]"#, .malformed), ("", .malformed), ("\u{feff}{}", .malformed),
  ])
  func `a header that wants anything else is refused`(header: String, why: JWSRefusal) {
    #expect(refusal(text(header: header)) == why)
  }

  @Test func `a text of another shape is refused`() {
    let good = text(header: #"{"alg":"EdDSA","kid":"k1"}"#)
    let parts = good.split(separator: ".").map(String.init)
    for bad in [
      "", ".", "..", good + ".", "." + good, good + ".AQ", parts[0], parts[0] + "." + parts[1],
      good + "=", good + "\n", good.replacing(".", with: "·"),
      parts[0] + "." + parts[1] + ".AR", String(repeating: "A", count: 8_193),
    ] {
      #expect(refusal(bad) != nil, "\(bad)")
    }
    #expect(refusal(text(header: #"{"alg":"EdDSA","kid":"k1"}"#, signature: [])) == .badSignature)
    #expect(refusal(text(header: #"{"alg":"EdDSA","kid":"k1"}"#, signature: [2])) == .badSignature)
  }
}
