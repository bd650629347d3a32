public import Ports
public import ServiceKit

/// The ports of the notification service and what is shared by its parts.
public struct NotificationPorts: Sendable {
  public let store: any RecordStore
  public let bus: any Bus
  public let network: any Network
  public let digest: any Digest
  public let webhooks: any WebhookSender
  /// Nil where no mail server is set up.
  public let mailer: (any Mailer)?
  public let context: ServiceContext
  public let seal: CursorSeal
  public let webhookSeal: WebhookSeal
  public let configuration: NotificationConfiguration

  public init(
    store: any RecordStore, bus: any Bus, network: any Network, digest: any Digest,
    webhooks: any WebhookSender, mailer: (any Mailer)?, context: ServiceContext, seal: CursorSeal,
    webhookSeal: WebhookSeal,
    configuration: NotificationConfiguration = NotificationConfiguration()
  ) {
    self.store = store
    self.bus = bus
    self.network = network
    self.digest = digest
    self.webhooks = webhooks
    self.mailer = mailer
    self.context = context
    self.seal = seal
    self.webhookSeal = webhookSeal
    self.configuration = configuration
  }
}
