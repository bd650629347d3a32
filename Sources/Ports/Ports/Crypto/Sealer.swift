/// Encrypts so that nobody can read or change what was sealed: AES-256-GCM (NIST SP 800-38D) in
/// production. Simulation: a stand-in that tells keys, nonces, contexts and texts apart.
public protocol Sealer: Sendable {
  /// As many bytes as `plain` has, and a tag of 16. Empty only when key or nonce are of a wrong
  /// length.
  ///
  /// - Parameters:
  ///   - key: 32 bytes.
  ///   - nonce: 12 bytes. With one key each nonce is used once, whatever is sealed.
  ///   - context: what the bytes belong to. They open with the same context only.
  func seal(_ plain: [UInt8], key: [UInt8], nonce: [UInt8], context: [UInt8]) -> [UInt8]

  /// What was sealed; nil when anything about it is not as it was.
  func open(_ sealed: [UInt8], key: [UInt8], nonce: [UInt8], context: [UInt8]) -> [UInt8]?
}

/// Lengths in bytes.
public enum SealLength {
  public static let key = 32
  public static let nonce = 12
  public static let tag = 16
}
