/// The forms in which P-256 keys and signatures travel: raw with us, DER with OpenSSL.
enum CurveP256 {
  /// The order of the group (SEC 2 §2.4.2): private keys and both halves of a signature are from 1
  /// to one less.
  private static let order: [UInt8] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
  ]

  /// `ECPrivateKey` of RFC 5915 around the number: without the public key, which OpenSSL computes.
  static func privateKeyDER(_ secret: [UInt8]) -> [UInt8]? {
    guard isInRange(secret) else { return nil }
    return [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20] + secret
      + [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]
  }

  /// What comes before x and y in a `SubjectPublicKeyInfo` of RFC 5480.
  private static let publicKeyStart: [UInt8] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
  ]

  static func publicKeyDER(_ point: [UInt8]) -> [UInt8]? {
    point.count == 64 ? publicKeyStart + point : nil
  }

  static func point(publicKeyDER der: [UInt8]) -> [UInt8]? {
    guard der.count == publicKeyStart.count + 64, der.starts(with: publicKeyStart) else {
      return nil
    }
    return [UInt8](der.suffix(64))
  }

  /// r and s, 32 bytes each, as `ECDSA-Sig-Value`; nil unless both are in range.
  static func signatureDER(_ raw: [UInt8]) -> [UInt8]? {
    guard raw.count == 64 else { return nil }
    let (r, s) = ([UInt8](raw.prefix(32)), [UInt8](raw.suffix(32)))
    guard isInRange(r), isInRange(s) else { return nil }
    let body = integerDER(r) + integerDER(s)
    return [0x30, UInt8(body.count)] + body
  }

  /// The raw form of a signature that OpenSSL made.
  static func signature(der: [UInt8]) -> [UInt8]? {
    guard der.count >= 2, der[0] == 0x30, Int(der[1]) == der.count - 2 else { return nil }
    var rest = der.dropFirst(2)
    guard let r = integer(&rest), let s = integer(&rest), rest.isEmpty else { return nil }
    return r + s
  }

  private static func isInRange(_ number: [UInt8]) -> Bool {
    number.count == 32 && number.contains { $0 != 0 }
      && number.lexicographicallyPrecedes(order)
  }

  private static func integerDER(_ number: [UInt8]) -> [UInt8] {
    var bytes = [UInt8](number.drop { $0 == 0 })
    if bytes.first.map({ $0 >= 0x80 }) ?? true { bytes.insert(0, at: 0) }
    return [0x02, UInt8(bytes.count)] + bytes
  }

  private static func integer(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
    guard rest.popFirst() == 0x02, let length = rest.popFirst(), rest.count >= Int(length) else {
      return nil
    }
    let bytes = rest.prefix(Int(length)).drop { $0 == 0 }
    rest = rest.dropFirst(Int(length))
    guard bytes.count <= 32 else { return nil }
    return [UInt8](repeating: 0, count: 32 - bytes.count) + bytes
  }
}
