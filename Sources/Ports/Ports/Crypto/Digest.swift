/// Content hashes. Production: SHA-256 (FIPS 180-4). Simulation: a stable stand-in of the same
/// size.
public protocol Digest: Sendable {
  /// 32 bytes; the same bytes give the same digest in every process.
  func digest(_ bytes: [UInt8]) -> [UInt8]
}

extension Digest {
  /// The digest in lower-case hexadecimal, 64 characters.
  public func hexadecimal(of bytes: [UInt8]) -> String {
    let digits = [UInt8]("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in digest(bytes) {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
