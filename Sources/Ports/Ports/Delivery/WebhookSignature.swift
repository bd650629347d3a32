public import Domain

/// What a receiver verifies webhooks with: at least 24 random bytes that both sides know.
public struct WebhookSecret: Hashable, Sendable {
  /// `whsec_` and the bytes in Base64, as it is shown to whoever may see it.
  public let text: String
  public let bytes: [UInt8]

  public static let prefix = "whsec_"
  public static let bytesAllowed = 24...64

  public init?(bytes: [UInt8]) {
    guard WebhookSecret.bytesAllowed.contains(bytes.count) else { return nil }
    self.bytes = bytes
    text = WebhookSecret.prefix + Base64.standard.text(bytes)
  }

  public init?(text: String) {
    guard text.hasPrefix(WebhookSecret.prefix),
      let bytes = Base64.standard.bytes(text.dropFirst(WebhookSecret.prefix.utf8.count))
    else { return nil }
    self.init(bytes: bytes)
  }
}

/// The signature of Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`, with every secret
/// that is good now, so that a receiver may change over at its own time.
public enum WebhookSignature {
  /// The three fields that carry it.
  ///
  /// - Parameters:
  ///   - id: stable over repetitions: by it receivers tell what they have.
  ///   - sentAt: of this attempt; receivers refuse what is minutes old.
  public static func fields(
    id: String, sentAt: Moment, body: [UInt8], secrets: [WebhookSecret], digest: any Digest
  ) -> [HTTPField] {
    let timestamp = "\(sentAt.microseconds / 1_000_000)"
    let signed = Array("\(id).\(timestamp).".utf8) + body
    let signatures = secrets.map { secret in
      "v1,"
        + Base64.standard.text(digest.authenticationCode(of: signed, key: secret.bytes))
    }
    return [
      HTTPField("webhook-id", id), HTTPField("webhook-timestamp", timestamp),
      HTTPField("webhook-signature", signatures.joined(separator: " ")),
    ]
  }
}
