internal import COpenSSL

/// An authority of one's own and the certificates that it gives out: for development and tests, and
/// for installations that have no authority yet. What it makes is PEM.
public struct DevelopmentAuthority: Sendable {
  public struct Pair: Sendable {
    public let certificate: String
    public let key: String

    public init(certificate: String, key: String) {
      self.certificate = certificate
      self.key = key
    }
  }

  public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// The authority's own.
  public let pair: Pair

  /// An authority that is there already.
  public init(_ pair: Pair) { self.pair = pair }

  /// A new one.
  public init(name: String, days: Int) throws(Failure) {
    let key = try PrivateKey()
    let certificate = try Certificate(
      of: key, named: name, days: days,
      extensions: [
        (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
        (NID_key_usage, "critical,keyCertSign,cRLSign"), (NID_subject_key_identifier, "hash"),
      ])
    try certificate.sign(by: nil, key)
    pair = Pair(certificate: try certificate.pem(), key: try key.pem())
  }

  /// A certificate for a process that serves and calls.
  ///
  /// - Parameter hosts: every name and address that it is reached by.
  public func issue(_ name: String, hosts: [String], days: Int) throws(Failure) -> Pair {
    let authority = try Certificate(pem: pair.certificate)
    let authorityKey = try PrivateKey(pem: pair.key)
    let key = try PrivateKey()
    let names = hosts.map { host in
      let isAddress = host.contains(":") || host.utf8.allSatisfy { (0x2e...0x39).contains($0) }
      return (isAddress ? "IP:" : "DNS:") + host
    }
    let certificate = try Certificate(
      of: key, named: name, days: days, by: authority,
      extensions: [
        (NID_basic_constraints, "critical,CA:FALSE"),
        (NID_subject_key_identifier, "hash"),
        // Who verifies tells authorities of one name apart by it.
        (NID_authority_key_identifier, "keyid:always"),
        (NID_key_usage, "critical,digitalSignature"),
        (NID_ext_key_usage, "serverAuth,clientAuth"),
        (NID_subject_alt_name, names.joined(separator: ",")),
      ])
    try certificate.sign(by: authority, authorityKey)
    return Pair(certificate: try certificate.pem(), key: try key.pem())
  }

  fileprivate static func text(_ write: (OpaquePointer) -> Int32) throws(Failure) -> String {
    guard let bio = BIO_new(BIO_s_mem()) else { throw failure("no memory is left") }
    defer { BIO_free(bio) }
    guard write(bio) == 1 else { throw failure("it cannot be written") }
    var bytes: UnsafeMutablePointer<CChar>?
    let count = millrace_memory(bio, &bytes)
    return String(
      decoding: UnsafeRawBufferPointer(start: bytes, count: max(count, 0)), as: UTF8.self)
  }

  fileprivate static func reading<Result>(
    _ text: String, _ read: (OpaquePointer) -> Result?
  ) -> Result? {
    let bytes = Array(text.utf8)
    guard let bio = BIO_new_mem_buf(bytes, Int32(clamping: bytes.count)) else { return nil }
    defer { BIO_free(bio) }
    return read(bio)
  }

  fileprivate static func failure(_ what: String) -> Failure { Failure(description: what) }
}

private final class PrivateKey {
  let pointer: OpaquePointer

  init() throws(DevelopmentAuthority.Failure) {
    guard let pointer = millrace_new_key() else {
      throw DevelopmentAuthority.failure("a key cannot be made")
    }
    self.pointer = pointer
  }

  init(pem text: String) throws(DevelopmentAuthority.Failure) {
    let read = DevelopmentAuthority.reading(text) { PEM_read_bio_PrivateKey($0, nil, nil, nil) }
    guard let read else { throw DevelopmentAuthority.failure("it holds no private key") }
    pointer = read
  }

  deinit { EVP_PKEY_free(pointer) }

  func pem() throws(DevelopmentAuthority.Failure) -> String {
    try DevelopmentAuthority.text { PEM_write_bio_PrivateKey($0, pointer, nil, nil, 0, nil, nil) }
  }
}

private final class Certificate {
  let pointer: OpaquePointer

  /// - Parameter authority: nil for one that signs itself.
  init(
    of key: PrivateKey, named name: String, days: Int, by authority: Certificate? = nil,
    extensions: [(Int32, String)]
  ) throws(DevelopmentAuthority.Failure) {
    guard let pointer = X509_new() else { throw DevelopmentAuthority.failure("no memory is left") }
    self.pointer = pointer
    let serial = ASN1_INTEGER_new()
    defer { ASN1_INTEGER_free(serial) }
    var number: UInt64 = 0
    guard RAND_bytes(&number, 8) == 1, ASN1_INTEGER_set_uint64(serial, number >> 1) == 1,
      X509_set_version(pointer, 2) == 1, X509_set_serialNumber(pointer, serial) == 1,
      millrace_set_life(pointer, Int32(clamping: days)) == 1,
      X509_set_pubkey(pointer, key.pointer) == 1,
      X509_NAME_add_entry_by_txt(
        X509_get_subject_name(pointer), "CN", MBSTRING_UTF8, Array(name.utf8),
        Int32(clamping: name.utf8.count), -1, 0) == 1
    else { throw DevelopmentAuthority.failure("'\(name)' is no name of a certificate") }
    var context = X509V3_CTX()
    X509V3_set_ctx(&context, (authority ?? self).pointer, pointer, nil, nil, 0)
    for (kind, value) in extensions {
      guard let made = X509V3_EXT_conf_nid(nil, &context, kind, value) else {
        throw DevelopmentAuthority.failure("'\(value)' cannot stand in a certificate")
      }
      defer { X509_EXTENSION_free(made) }
      guard X509_add_ext(pointer, made, -1) == 1 else {
        throw DevelopmentAuthority.failure("'\(value)' cannot stand in a certificate")
      }
    }
  }

  init(pem text: String) throws(DevelopmentAuthority.Failure) {
    let read = DevelopmentAuthority.reading(text) { PEM_read_bio_X509($0, nil, nil, nil) }
    guard let read else { throw DevelopmentAuthority.failure("it holds no certificate") }
    pointer = read
  }

  deinit { X509_free(pointer) }

  /// - Parameter authority: nil for one that signs itself.
  func sign(
    by authority: Certificate?, _ key: PrivateKey
  ) throws(DevelopmentAuthority.Failure) {
    let issuer = X509_get_subject_name((authority ?? self).pointer)
    guard X509_set_issuer_name(pointer, issuer) == 1,
      X509_sign(pointer, key.pointer, EVP_sha256()) > 0
    else { throw DevelopmentAuthority.failure("it cannot be signed") }
  }

  func pem() throws(DevelopmentAuthority.Failure) -> String {
    try DevelopmentAuthority.text { PEM_write_bio_X509($0, pointer) }
  }
}
