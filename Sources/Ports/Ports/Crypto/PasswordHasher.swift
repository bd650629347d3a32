/// Turns passwords into hashes that are dear to guess against. Production: argon2id (RFC 9106) on
/// threads of its own. Simulation: a cheap stand-in with the same form and the same queue.
///
/// Hashing takes time and memory on purpose, so that only so many run at once and only so many
/// wait: whoever comes then is told `.busy` at once and nothing was computed. A call whose task is
/// cancelled runs to its end.
public protocol PasswordHasher: Sendable {
  /// What new hashes cost.
  var cost: PasswordCost { get }

  /// A new hash as a PHC string, with the cost of this hasher.
  ///
  /// - Parameters:
  ///   - password: up to 1 KiB, as its owner typed it, in UTF-8.
  ///   - salt: 16 fresh random bytes.
  /// - Throws: `.busy`; `.refused` for a password or salt of a wrong length.
  func hash(_ password: [UInt8], salt: [UInt8]) async throws(PasswordHasherError) -> String

  /// Whether the hash is that of this password; takes as long when it is not.
  ///
  /// - Throws: `.busy`; `.refused` for a hash that is none of ours or that costs more than is ever
  ///   allowed, before anything is computed.
  func verify(
    _ password: [UInt8], against hash: String
  ) async throws(PasswordHasherError) -> PasswordVerdict
}

public enum PasswordVerdict: Hashable, Sendable {
  case different
  /// `isOutdated`: it costs something else than new ones do, and should be made anew.
  case same(isOutdated: Bool)
}

public enum PasswordHasherError: Error, Hashable, Sendable {
  /// As many wait as may wait; nothing was computed. Try again in a second.
  case busy
  /// Will never work.
  case refused(String)
}

/// Limits of every password hasher.
public enum PasswordLimits {
  public static let passwordBytesMax = 1_024
}
