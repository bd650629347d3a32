internal import Domain
public import Ports

/// Keeps the secrets of webhooks unreadable in the store. What is sealed belongs to its
/// subscription.
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
    let nonce = random.bytes(SealLength.nonce)
    return nonce
      + sealer.seal(secret.bytes, key: key, nonce: nonce, context: context(subscription))
  }

  /// Nil when the bytes were changed, moved to another subscription, or sealed by another key.
  func opened(_ bytes: [UInt8], of subscription: String) -> WebhookSecret? {
    guard bytes.count > SealLength.nonce else { return nil }
    return sealer.open(
      [UInt8](bytes.dropFirst(SealLength.nonce)), key: key,
      nonce: [UInt8](bytes.prefix(SealLength.nonce)), context: context(subscription)
    ).flatMap { WebhookSecret(bytes: $0) }
  }

  private func context(_ subscription: String) -> [UInt8] {
    [UInt8]("millrace webhook\n\(subscription)".utf8)
  }
}
