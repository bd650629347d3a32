extension Digest {
  /// HMAC (RFC 2104) with this digest over blocks of 64 bytes: HMAC-SHA-256 in production. Proves
  /// that whoever made it knows the key. 32 bytes.
  public func authenticationCode(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    let blockLength = 64
    var block = key.count > blockLength ? digest(key) : key
    block += [UInt8](repeating: 0, count: blockLength - block.count)
    let inner = digest(block.map { $0 ^ 0x36 } + message)
    return digest(block.map { $0 ^ 0x5c } + inner)
  }

  /// A key of its own for each purpose, from one secret: what is known of one tells nothing of
  /// another.
  public func derivedKey(_ purpose: String, from secret: [UInt8]) -> [UInt8] {
    authenticationCode(of: [UInt8]("millrace key\n".utf8) + [UInt8](purpose.utf8), key: secret)
  }
}

/// Comparison of secrets.
public enum ConstantTime {
  /// Looks at every byte whatever the first ones say, so that its time tells nothing but the
  /// lengths.
  public static func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    guard one.count == other.count else { return false }
    var difference: UInt8 = 0
    for index in one.indices { difference |= one[index] ^ other[index] }
    return difference == 0
  }
}

extension Randomness {
  /// Bytes of the stream: a secret that nobody can guess where the stream is production's.
  public func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 7)
    while bytes.count < count {
      let number = next()
      for shift in UInt64(0)..<8 {
        bytes.append(UInt8(truncatingIfNeeded: number >> (8 * shift)))
      }
    }
    return [UInt8](bytes.prefix(count))
  }
}
