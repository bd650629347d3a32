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
}
