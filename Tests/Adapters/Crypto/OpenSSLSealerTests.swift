import CryptoAdapter
import Ports
import TestSupport
import Testing

struct OpenSSLSealerTests {
  private static let sealer = OpenSSLSealer()

  @Test(arguments: SealerContract.cases)
  func `OpenSSL's sealing keeps the contract`(
    _ promise: ContractCase<SealerContract.Subject>
  ) async throws {
    try await promise.check(SealerContract.Subject(OpenSSLSealerTests.sealer))
  }

  /// Keys, nonces and tags of other lengths are not ours, whatever Wycheproof says of them.
  @Test func `every AES-256-GCM vector of Wycheproof is judged as it says`() throws {
    let vectors = try Wycheproof("aes_gcm").vectors
    #expect(vectors.count == 316)
    var judged = 0
    for vector in vectors {
      let (key, nonce) = (vector.bytes("key"), vector.bytes("iv"))
      let (plain, context) = (vector.bytes("msg"), vector.bytes("aad"))
      let sealed = vector.bytes("ct") + vector.bytes("tag")
      let opened = OpenSSLSealerTests.sealer.open(
        sealed, key: key, nonce: nonce, context: context)
      guard key.count == SealLength.key, nonce.count == SealLength.nonce else {
        #expect(opened == nil)
        continue
      }
      judged += 1
      #expect(opened == (vector.isValid ? plain : nil), "\(vector)")
      let made = OpenSSLSealerTests.sealer.seal(plain, key: key, nonce: nonce, context: context)
      if vector.isValid { #expect(made == sealed, "\(vector)") }
    }
    #expect(judged > 60)
  }
}
