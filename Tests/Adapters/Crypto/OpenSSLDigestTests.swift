import CryptoAdapter
import Ports
import TestSupport
import Testing

struct OpenSSLDigestTests {
  @Test(arguments: DigestContract.cases)
  func `OpenSSL's digests keep the contract`(
    _ promise: ContractCase<DigestContract.Subject>
  ) async throws {
    try await promise.check(DigestContract.Subject(OpenSSLDigest()))
  }

  /// Source: FIPS 180-4 with the examples that NIST publishes for SHA-256.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func `digests are those of SHA-256`(text: String, digest: String) {
    #expect(OpenSSLDigest().hexadecimal(of: Array(text.utf8)) == digest)
  }
}
