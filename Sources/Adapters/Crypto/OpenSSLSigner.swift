internal import COpenSSL
public import Ports

/// Ed25519 and ECDSA on P-256 by OpenSSL.
public struct OpenSSLSigner: Signer {
  public init() {}

  public func key(_ algorithm: SignatureAlgorithm, seed: [UInt8]) -> SigningKey? {
    guard let key = OpenSSLKey(algorithm, secret: seed), let bytes = key.publicBytes else {
      return nil
    }
    return SigningKey(secret: seed, verifyingKey: VerifyingKey(algorithm, bytes: bytes))
  }

  public func signature(of message: [UInt8], by key: SigningKey) -> [UInt8] {
    guard let pair = OpenSSLKey(key.verifyingKey.algorithm, secret: key.secret) else { return [] }
    return pair.signature(of: message) ?? []
  }

  public func isSignature(
    _ signature: [UInt8], of message: [UInt8], by key: VerifyingKey
  ) -> Bool {
    guard signature.count == 64, let pair = OpenSSLKey(key) else { return false }
    return pair.isSignature(signature, of: message)
  }
}

/// A key in OpenSSL's hands, freed with this object. What its calls leave in the error queue of the
/// thread is taken out again: it would be read as somebody else's failure.
private final class OpenSSLKey {
  private let algorithm: SignatureAlgorithm
  private let key: OpaquePointer

  deinit {
    EVP_PKEY_free(key)
    ERR_clear_error()
  }

  init?(_ algorithm: SignatureAlgorithm, secret: [UInt8]) {
    guard secret.count == 32 else { return nil }
    self.algorithm = algorithm
    let made: OpaquePointer?
    switch algorithm {
    case .edDSA: made = EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, secret, secret.count)
    case .es256:
      guard let der = CurveP256.privateKeyDER(secret) else { return nil }
      made = der.withUnsafeBufferPointer { buffer in
        var place = buffer.baseAddress
        return d2i_AutoPrivateKey(nil, &place, buffer.count)
      }
    }
    guard let made else { return nil }
    key = made
  }

  init?(_ known: VerifyingKey) {
    algorithm = known.algorithm
    let made: OpaquePointer?
    switch algorithm {
    case .edDSA:
      guard known.bytes.count == 32 else { return nil }
      made = EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, known.bytes, known.bytes.count)
    case .es256:
      guard let der = CurveP256.publicKeyDER(known.bytes) else { return nil }
      made = der.withUnsafeBufferPointer { buffer in
        var place = buffer.baseAddress
        return d2i_PUBKEY(nil, &place, buffer.count)
      }
    }
    guard let made else {
      ERR_clear_error()
      return nil
    }
    key = made
  }

  var publicBytes: [UInt8]? {
    switch algorithm {
    case .edDSA:
      var bytes = [UInt8](repeating: 0, count: 32)
      var length = bytes.count
      guard EVP_PKEY_get_raw_public_key(key, &bytes, &length) == 1, length == 32 else {
        return nil
      }
      return bytes
    case .es256:
      var pointer: UnsafeMutablePointer<UInt8>?
      let length = i2d_PUBKEY(key, &pointer)
      guard length > 0, let pointer else { return nil }
      defer { CRYPTO_free(pointer, #file, #line) }
      return CurveP256.point(
        publicKeyDER: [UInt8](UnsafeBufferPointer(start: pointer, count: Int(length))))
    }
  }

  private var digest: OpaquePointer? { algorithm == .es256 ? EVP_sha256() : nil }

  func signature(of message: [UInt8]) -> [UInt8]? {
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    guard EVP_DigestSignInit(context, nil, digest, nil, key) == 1 else { return nil }
    var signature = [UInt8](repeating: 0, count: 128)
    var length = signature.count
    guard EVP_DigestSign(context, &signature, &length, message, message.count) == 1 else {
      return nil
    }
    let bytes = [UInt8](signature.prefix(length))
    return algorithm == .es256 ? CurveP256.signature(der: bytes) : bytes
  }

  func isSignature(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    var bytes = signature
    if algorithm == .es256 {
      guard let der = CurveP256.signatureDER(signature) else { return false }
      bytes = der
    }
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    guard EVP_DigestVerifyInit(context, nil, digest, nil, key) == 1 else { return false }
    return EVP_DigestVerify(context, bytes, bytes.count, message, message.count) == 1
  }
}
