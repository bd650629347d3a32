/// What a process shows to others and whom it believes, in files of PEM that may be written anew at
/// any time.
public struct TLSFiles: Hashable, Sendable {
  /// The process's certificate, and behind it those between it and the authority.
  public var certificate: String
  /// Its private key.
  public var key: String
  /// Certificates of the authorities that certificates of others must come from.
  public var authority: String
  /// Names of which a certificate of others must have one, as DNS or IP; empty takes every
  /// certificate of the authority.
  public var peers: [String] = []

  public init(certificate: String, key: String, authority: String) {
    self.certificate = certificate
    self.key = key
    self.authority = authority
  }
}

/// Why no secure connections can be made or taken.
public struct TLSFailure: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String

  init(_ description: String) { self.description = description }
}
