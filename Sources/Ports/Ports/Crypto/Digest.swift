/// Content hashes. Production: SHA-256 (FIPS 180-4). Simulation: a stable stand-in of the same
/// size.
public protocol Digest: Sendable {
  /// 32 bytes; the same bytes give the same digest in every process.
  func digest(_ bytes: [UInt8]) -> [UInt8]

  /// Begins the digest of bytes that come in pieces.
  func begin() -> any DigestStream
}

/// A digest in the making, for content that is larger than memory. Used by one task at a time.
public protocol DigestStream: AnyObject {
  func update(_ bytes: [UInt8])

  /// The digest of all bytes, as if they had come at once. Nothing may be added afterwards.
  func finish() -> [UInt8]
}

extension Digest {
  /// Collects the bytes: right for stand-ins, too much memory for large content.
  public func begin() -> any DigestStream { CollectedDigest(self) }

  /// The digest in lower-case hexadecimal, 64 characters.
  public func hexadecimal(of bytes: [UInt8]) -> String {
    hexadecimal(digest: digest(bytes))
  }

  /// A digest that is there already, in lower-case hexadecimal.
  public func hexadecimal(digest bytes: [UInt8]) -> String {
    let digits = [UInt8]("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

private final class CollectedDigest: DigestStream {
  private let digest: any Digest
  private var bytes: [UInt8] = []

  init(_ digest: any Digest) { self.digest = digest }

  func update(_ bytes: [UInt8]) { self.bytes += bytes }

  func finish() -> [UInt8] { digest.digest(bytes) }
}
