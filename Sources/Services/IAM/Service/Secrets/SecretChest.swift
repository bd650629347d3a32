internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// Seals values and opens them again.
///
/// Each value has a random key of its own, which the master key seals: the master key can change
/// without the values (envelope encryption). What is sealed belongs to its namespace, name and
/// version, so that rows cannot be swapped.
struct SecretChest: Sendable {
  let ports: IAMPorts

  struct Place {
    var namespace: NamespaceName
    var name: SecretName
    var version: Int64

    fileprivate func context(_ what: String) -> [UInt8] {
      [UInt8]("millrace secret\nAES-256-GCM\n\(what)\n\(namespace)\n\(name)\n\(version)".utf8)
    }
  }

  /// The record without times and names of who wrote it.
  func sealed(_ value: SecretValue, at place: Place) -> SecretRecord {
    let random = ports.context.randomness
    let key = random.bytes(SealLength.key)
    let (nonce, keyNonce) = (random.bytes(SealLength.nonce), random.bytes(SealLength.nonce))
    return SecretRecord(
      namespace: place.namespace.text, name: place.name.text, version: place.version,
      sealed: ports.sealer.seal(
        [UInt8](value.text.utf8), key: key, nonce: nonce, context: place.context("value")),
      nonce: nonce,
      sealedKey: ports.sealer.seal(
        key, key: ports.vault.secretsKey, nonce: keyNonce, context: place.context("key")),
      keyNonce: keyNonce, master: ports.vault.secretsKeyName,
      fingerprint: ports.vault.fingerprint(of: value, place.namespace, place.name))
  }

  /// Nil when the record was changed, moved, or sealed under another master key.
  func opened(_ record: SecretRecord) -> SecretValue? {
    guard let namespace = NamespaceName(record.namespace), let name = SecretName(record.name) else {
      return nil
    }
    let place = Place(namespace: namespace, name: name, version: record.version)
    guard
      let key = ports.sealer.open(
        record.sealedKey, key: ports.vault.secretsKey, nonce: record.keyNonce,
        context: place.context("key")),
      let bytes = ports.sealer.open(
        record.sealed, key: key, nonce: record.nonce, context: place.context("value")),
      let text = String(validating: bytes, as: UTF8.self)
    else { return nil }
    return try? SecretValue(text)
  }
}
