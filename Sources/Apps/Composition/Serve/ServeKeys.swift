internal import CryptoAdapter
internal import Ports

/// The secrets of a process, read once from their files.
struct ServeKeys: Sendable {
  let service: ServiceKey
  /// Nil where no service needs it.
  let master: [UInt8]?
  let firstAdminToken: String?
  /// What cursors of lists and links are signed with: the same in all processes.
  let shared: [UInt8]

  init(_ configuration: ServeConfiguration) throws(StartFailure) {
    let bytes = try SecretFile.bytes(at: configuration.serviceKeyFile ?? "")
    service = ServiceKey(bytes)
    shared = OpenSSLDigest().derivedKey("cursors and links", from: bytes)
    if let file = configuration.masterKeyFile {
      master = try SecretFile.bytes(at: file)
    } else {
      master = nil
    }
    if let file = configuration.firstAdminTokenFile {
      firstAdminToken = try SecretFile.line(at: file)
    } else {
      firstAdminToken = nil
    }
  }
}
