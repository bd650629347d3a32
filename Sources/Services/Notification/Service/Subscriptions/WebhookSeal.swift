internal import Domain
public import Ports

/// Keeps the secrets of webhooks and the queries of their addresses unreadable in the store. What
/// is sealed belongs to its subscription.
public struct WebhookSeal: Sendable {
  private let sealer: any Sealer
  private let key: [UInt8]

  /// - Parameter key: 32 secret bytes, the same in every process of the service.
  public init(_ sealer: any Sealer, key: [UInt8]) {
    precondition(key.count == SealLength.key, "a key of 32 bytes seals")
    self.sealer = sealer
    self.key = key
  }

  /// The nonce, and what is sealed.
  func sealed(
    _ secret: WebhookSecret, of subscription: String, _ random: any Randomness
  ) -> [UInt8] {
    seal(secret.bytes, .secret, of: subscription, random)
  }

  /// Nil when the bytes were changed, moved to another subscription, or sealed by another key.
  func opened(_ bytes: [UInt8], of subscription: String) -> WebhookSecret? {
    open(bytes, .secret, of: subscription).flatMap { WebhookSecret(bytes: $0) }
  }

  func sealed(
    query: String, of subscription: String, _ random: any Randomness
  ) -> [UInt8] {
    seal([UInt8](query.utf8), .query, of: subscription, random)
  }

  /// Nil as of a secret.
  func openedQuery(_ bytes: [UInt8], of subscription: String) -> String? {
    open(bytes, .query, of: subscription).flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// What is sealed: one is never taken for the other.
  private enum Kind: String {
    case secret = "millrace webhook"
    case query = "millrace webhook query"

    func context(_ subscription: String) -> [UInt8] {
      [UInt8]("\(rawValue)\n\(subscription)".utf8)
    }
  }

  private func seal(
    _ bytes: [UInt8], _ kind: Kind, of subscription: String, _ random: any Randomness
  ) -> [UInt8] {
    let nonce = random.bytes(SealLength.nonce)
    return nonce
      + sealer.seal(bytes, key: key, nonce: nonce, context: kind.context(subscription))
  }

  private func open(_ bytes: [UInt8], _ kind: Kind, of subscription: String) -> [UInt8]? {
    guard bytes.count > SealLength.nonce else { return nil }
    return sealer.open(
      [UInt8](bytes.dropFirst(SealLength.nonce)), key: key,
      nonce: [UInt8](bytes.prefix(SealLength.nonce)), context: kind.context(subscription))
  }
}
