internal import CryptoAdapter
internal import DeliveryAdapter
internal import Domain
internal import NotificationService
internal import Ports
internal import ServiceKit
internal import SystemAdapter

/// The notification service of `dev`: it may send to this machine, on any port.
struct DevNotification {
  let store: any RecordStore
  let bus: any Bus
  let network: any Network
  let context: ServiceContext
  let seal: CursorSeal
  let master: [UInt8]

  func server(_ dev: DevConfiguration) -> NotificationServer {
    var configuration = NotificationConfiguration()
    configuration.egress = dev.egress
    RetryWaits.set(dev.retryWaits, in: &configuration)
    if dev.port != 0 { configuration.publicURL = "http://\(dev.host):\(dev.port)" }
    let webhooks = CurlWebhookSender(
      WebhookSenderConfiguration(rules: configuration.egress),
      on: DevNotification.pool("webhooks", configuration.deliveriesInFlightMax))
    let digest = OpenSSLDigest()
    return NotificationServer(
      NotificationPorts(
        store: store, bus: bus, network: network, digest: digest, webhooks: webhooks,
        mailer: mailer(dev, configuration), context: context, seal: seal,
        webhookSeal: WebhookSeal(
          OpenSSLSealer(), key: digest.derivedKey("webhook secrets", from: master)),
        configuration: configuration))
  }

  /// Nil where no mail server is named; `DevConfiguration.check` has refused one that is of no use.
  private func mailer(
    _ dev: DevConfiguration, _ configuration: NotificationConfiguration
  ) -> (any Mailer)? {
    guard let mail = try? dev.mail() else { return nil }
    return CurlMailer(
      mail, on: DevNotification.pool("mail", configuration.mailsInFlightMax))
  }

  /// The service never has more under way than there are threads.
  private static func pool(_ name: String, _ threads: Int) -> BlockingPool {
    BlockingPool(name: name, threads: threads, waitingMax: threads)
  }
}
