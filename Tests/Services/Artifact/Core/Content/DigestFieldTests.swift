import ArtifactCore
import Testing

struct DigestFieldTests {
  /// The example of RFC 9530 §B.1: SHA-256 of `{"hello": "world"}` and a line feed.
  private static let example = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
  private static let hexadecimal =
    "44aff4ab2d7c3250525675a08f0cfa9591168cffe51791c5f5bbc417c15a6c38"

  @Test func `the example of the RFC is read and written`() throws {
    let digest = try #require(ContentDigest(hexadecimal: Self.hexadecimal))
    #expect(DigestField.read([Self.example]) == .digest(digest))
    #expect(DigestField.text(of: digest) == Self.example)
  }

  @Test func `other algorithms are passed over`() throws {
    let digest = try #require(ContentDigest(hexadecimal: Self.hexadecimal))
    #expect(DigestField.read(["sha-512=:AAAA:, \(Self.example)"]) == .digest(digest))
    #expect(DigestField.read(["unixsum=:AAAA:", Self.example]) == .digest(digest))
    #expect(DigestField.read(["sha-512=:AAAA:"]) == .absent)
    #expect(DigestField.read([]) == .absent)
  }

  @Test(arguments: [
    "sha-256", "sha-256=abc", "sha-256=::", "sha-256=:RK/0qy18:", "SHA-256=:AAAA:", "=:AAAA:",
    "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg:",
    "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDh=:",
    "sha-256=:RK_0qy18MlBSVnWgjwz6lZEWjP_lF5HF9bvEF8FabDg=:",
    "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:;q=1",
    "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:, "
      + "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:",
  ])
  func `what is malformed or contradicts itself is refused`(field: String) {
    #expect(DigestField.read([field]) == .malformed)
  }

  @Test func `every length goes through Base64 and back`() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
      #expect(StrictBase64.decoded(StrictBase64.encoded(bytes)) == bytes)
    }
    #expect(StrictBase64.encoded(Array("foobar".utf8)) == "Zm9vYmFy")
    #expect(StrictBase64.encoded(Array("fooba".utf8)) == "Zm9vYmE=")
    for text in ["A", "AA", "AAA", "A===", "====", "AB==CD==", "AA=A", "AAA\n", "Zm9vYmF=", "é==="]
    {
      #expect(StrictBase64.decoded(text) == nil, "\(text)")
    }
  }
}
