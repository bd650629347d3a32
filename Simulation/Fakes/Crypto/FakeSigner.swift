internal import Domain
public import Ports

/// Signatures that tell keys, messages and algorithms apart, fast and the same everywhere. Not
/// against adversaries: whoever knows a public key can sign with it.
public struct FakeSigner: Signer {
  private let digest = FakeDigest()

  public init() {}

  public func key(_ algorithm: SignatureAlgorithm, seed: [UInt8]) -> SigningKey? {
    guard seed.count == 32, algorithm == .edDSA || seed.contains(where: { $0 != 0 }) else {
      return nil
    }
    let name = [UInt8](algorithm.rawValue.utf8)
    var bytes = digest.digest(name + seed)
    if algorithm == .es256 { bytes += digest.digest(seed + name) }
    return SigningKey(secret: seed, verifyingKey: VerifyingKey(algorithm, bytes: bytes))
  }

  public func signature(of message: [UInt8], by key: SigningKey) -> [UInt8] {
    guard self.key(key.verifyingKey.algorithm, seed: key.secret)?.verifyingKey == key.verifyingKey
    else { return [] }
    return signature(of: message, by: key.verifyingKey)
  }

  public func isSignature(
    _ signature: [UInt8], of message: [UInt8], by key: VerifyingKey
  ) -> Bool {
    let length = key.algorithm == .es256 ? 64 : 32
    return key.bytes.count == length && signature == self.signature(of: message, by: key)
  }

  private func signature(of message: [UInt8], by key: VerifyingKey) -> [UInt8] {
    let start = [UInt8](key.algorithm.rawValue.utf8) + key.bytes
    return digest.digest(start + [1] + message) + digest.digest(start + [2] + message)
  }
}
