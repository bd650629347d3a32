internal import COpenSSL
public import Ports

/// SHA-256 (FIPS 180-4) by OpenSSL.
public struct OpenSSLDigest: Digest {
  public init() {}

  public func digest(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    let isDone = EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha256(), nil)
    precondition(isDone == 1 && length == 32, "SHA-256 needs nothing but memory")
    return digest
  }

  public func begin() -> any DigestStream { OpenSSLDigestStream() }
}

/// SHA-256 of bytes that come in pieces.
private final class OpenSSLDigestStream: DigestStream {
  private let context: OpaquePointer?

  init() {
    context = EVP_MD_CTX_new()
    let isDone = EVP_DigestInit_ex(context, EVP_sha256(), nil)
    precondition(isDone == 1, "SHA-256 needs nothing but memory")
  }

  deinit { EVP_MD_CTX_free(context) }

  func update(_ bytes: [UInt8]) {
    let isDone = EVP_DigestUpdate(context, bytes, bytes.count)
    precondition(isDone == 1, "a digest takes bytes until it is finished")
  }

  func finish() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    let isDone = EVP_DigestFinal_ex(context, &digest, &length)
    precondition(isDone == 1 && length == 32, "a digest is finished once")
    return digest
  }
}
