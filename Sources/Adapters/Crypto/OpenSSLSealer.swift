internal import COpenSSL
public import Ports

/// AES-256-GCM by OpenSSL.
public struct OpenSSLSealer: Sealer {
  public init() {}

  public func seal(
    _ plain: [UInt8], key: [UInt8], nonce: [UInt8], context: [UInt8]
  ) -> [UInt8] {
    guard let cipher = GaloisCipher(key: key, nonce: nonce, isSealing: true),
      cipher.take(context: context), var sealed = cipher.update(plain), let tag = cipher.tag()
    else { return [] }
    sealed += tag
    return sealed
  }

  public func open(
    _ sealed: [UInt8], key: [UInt8], nonce: [UInt8], context: [UInt8]
  ) -> [UInt8]? {
    guard sealed.count >= SealLength.tag,
      let cipher = GaloisCipher(key: key, nonce: nonce, isSealing: false),
      cipher.take(context: context),
      let plain = cipher.update([UInt8](sealed.dropLast(SealLength.tag))),
      cipher.accepts(tag: [UInt8](sealed.suffix(SealLength.tag)))
    else { return nil }
    return plain
  }
}

/// One use of a key in OpenSSL's hands. The error queue of the thread is left as it was found.
private final class GaloisCipher {
  private let cipher: OpaquePointer

  init?(key: [UInt8], nonce: [UInt8], isSealing: Bool) {
    guard key.count == SealLength.key, nonce.count == SealLength.nonce,
      let cipher = EVP_CIPHER_CTX_new()
    else { return nil }
    self.cipher = cipher
    // Twelve bytes are the length that a nonce has by default.
    guard EVP_CipherInit_ex(cipher, EVP_aes_256_gcm(), nil, key, nonce, isSealing ? 1 : 0) == 1
    else { return nil }
  }

  deinit {
    EVP_CIPHER_CTX_free(cipher)
    ERR_clear_error()
  }

  func take(context: [UInt8]) -> Bool {
    guard !context.isEmpty else { return true }
    guard let count = Int32(exactly: context.count) else { return false }
    var taken: Int32 = 0
    return EVP_CipherUpdate(cipher, nil, &taken, context, count) == 1
  }

  func update(_ bytes: [UInt8]) -> [UInt8]? {
    guard !bytes.isEmpty else { return [] }
    guard let count = Int32(exactly: bytes.count) else { return nil }
    var result = [UInt8](repeating: 0, count: bytes.count)
    var written: Int32 = 0
    guard EVP_CipherUpdate(cipher, &result, &written, bytes, count) == 1, written == count else {
      return nil
    }
    return result
  }

  func tag() -> [UInt8]? {
    var (written, rest) = (Int32(0), [UInt8](repeating: 0, count: SealLength.tag))
    guard EVP_CipherFinal_ex(cipher, &rest, &written) == 1 else { return nil }
    var tag = [UInt8](repeating: 0, count: SealLength.tag)
    let length = Int32(SealLength.tag)
    return EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, length, &tag) == 1 ? tag : nil
  }

  func accepts(tag: [UInt8]) -> Bool {
    var tag = tag
    let length = Int32(SealLength.tag)
    guard EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, length, &tag) == 1 else {
      return false
    }
    var (written, rest) = (Int32(0), [UInt8](repeating: 0, count: SealLength.tag))
    return EVP_CipherFinal_ex(cipher, &rest, &written) == 1
  }
}
