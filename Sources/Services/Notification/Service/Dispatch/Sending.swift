internal import Contracts
internal import Domain
internal import NotificationCore
internal import Ports
internal import ServiceKit

/// Puts a message into the form of its channel and hands it over, once.
struct Sending: Sendable {
  let ports: NotificationPorts

  func send(_ record: DeliveryRecord, _ subscription: SubscriptionRecord?) async -> DeliveryReply {
    guard let message = message(record) else {
      return .refused(DeliveryNote(.invalid, "the message cannot be understood any more"))
    }
    guard record.mail.isEmpty else { return await mail(message, to: record.mail) }
    guard let subscription else {
      return .refused(DeliveryNote(.invalid, "the message has no receiver"))
    }
    return await post(message, to: subscription)
  }

  /// The same for every attempt, and for whoever looks at it.
  func message(_ record: DeliveryRecord) -> RunMessage? {
    guard let id = DeliveryID(text: record.delivery),
      let occasion = Occasion(rawValue: record.occasion),
      let end = record.end.flatMap(RunEnd.init)
    else { return nil }
    let link = ports.configuration.publicURL.map { "\($0)/v1/runs/\(end.run)" }
    return RunMessage(delivery: id, occasion: occasion, end: end, link: link)
  }

  private func post(
    _ message: RunMessage, to subscription: SubscriptionRecord
  ) async -> DeliveryReply {
    let now = ports.context.time.now()
    let secrets = subscription.goodSecrets(at: now, ports.webhookSeal)
    guard !secrets.isEmpty else {
      // Nobody could tell an unsigned message from a forged one.
      return .refused(
        DeliveryNote(.invalid, "its secret cannot be opened; make a new one (notify rotate)"))
    }
    guard let address = subscription.address(ports.webhookSeal) else {
      return .refused(
        DeliveryNote(.invalid, "its address cannot be opened; make the subscription anew"))
    }
    let body = Array(message.event.json.utf8)
    let fields =
      [HTTPField("Content-Type", RunMessage.contentType)]
      + WebhookSignature.fields(
        id: message.delivery.text, sentAt: now, body: body,
        secrets: secrets, digest: ports.digest)
      + (CurrentTrace.context.map { [HTTPField(SpanNames.header, $0.traceparent)] } ?? [])
    return await ports.webhooks.send(
      WebhookMessage(url: address, fields: HTTPFields(fields), body: body))
  }

  private func mail(_ message: RunMessage, to address: String) async -> DeliveryReply {
    guard let mailer = ports.mailer else {
      return .refused(DeliveryNote(.invalid, "this installation has no mail server"))
    }
    return await mailer.send(
      MailMessage(
        id: message.delivery.text, to: address, subject: message.subject, text: message.text,
        html: message.html, writtenAt: message.end.endedAt))
  }
}
