public import Ports

/// Sealing that tells keys, nonces, contexts and texts apart, fast and the same everywhere. Not
/// against adversaries.
public struct FakeSealer: Sealer {
  private let digest = FakeDigest()

  public init() {}

  public func seal(
    _ plain: [UInt8], key: [UInt8], nonce: [UInt8], context: [UInt8]
  ) -> [UInt8] {
    guard key.count == SealLength.key, nonce.count == SealLength.nonce else { return [] }
    let hidden = masked(plain, key + nonce)
    return hidden + tag(of: hidden, key: key, nonce: nonce, context: context)
  }

  public func open(
    _ sealed: [UInt8], key: [UInt8], nonce: [UInt8], context: [UInt8]
  ) -> [UInt8]? {
    guard sealed.count >= SealLength.tag, key.count == SealLength.key,
      nonce.count == SealLength.nonce
    else { return nil }
    let hidden = [UInt8](sealed.dropLast(SealLength.tag))
    guard tag(of: hidden, key: key, nonce: nonce, context: context) == sealed.suffix(SealLength.tag)
    else { return nil }
    return masked(hidden, key + nonce)
  }

  private func masked(_ bytes: [UInt8], _ start: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = []
    while stream.count < bytes.count {
      stream += digest.digest(start + [UInt8(truncatingIfNeeded: stream.count / 32), 7])
    }
    return zip(bytes, stream).map { $0 ^ $1 }
  }

  private func tag(
    of bytes: [UInt8], key: [UInt8], nonce: [UInt8], context: [UInt8]
  ) -> ArraySlice<UInt8> {
    let length = [UInt8](String(context.count).utf8)
    return digest.digest(key + nonce + length + [0] + context + bytes).prefix(SealLength.tag)
  }
}
