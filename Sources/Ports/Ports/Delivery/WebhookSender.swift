/// Posts messages to receivers that users name.
public protocol WebhookSender: Sendable {
  /// Posts the body once, byte for byte, and says what came of it.
  ///
  /// A status of 2xx is `.delivered`; 410 is `.refused` with `gone`; every other status is
  /// `.temporary`, with the receiver's Retry-After if it sent one: a receiver that is broken or set
  /// up wrongly today may take the same message tomorrow. Redirects are not followed. Once the
  /// request may have left, no answer means `.outcomeUnknown`, and so does cancellation; before
  /// that, `.temporary`. The status decides even when the rest of the answer is too long or cut.
  ///
  /// Never connects to an address that the rules of egress do not allow, whatever the name resolves
  /// to and whenever: that is `.refused` with `destinationRefused`, and nothing is sent. Ends by
  /// itself; may be called at once from many tasks, which never share a connection.
  func send(_ message: WebhookMessage) async -> DeliveryReply
}

/// One POST.
public struct WebhookMessage: Hashable, Sendable {
  /// `http` or `https`, without user info and fragment.
  public var url: String
  /// Sent as they are, beside those that the transport needs.
  public var fields: HTTPFields
  public var body: [UInt8]

  public static let bodyBytesMax = 256 << 10

  public init(url: String, fields: HTTPFields, body: [UInt8]) {
    self.url = url
    self.fields = fields
    self.body = body
  }

  /// What is wrong with it, if anything: the rules that every sender keeps.
  public var fault: String? {
    if body.count > WebhookMessage.bodyBytesMax { return "the body is too long" }
    for field in fields.fields {
      let isName =
        !field.name.isEmpty
        && field.name.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x3a }
      let isValue = field.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
      if !isName || !isValue { return "a header field has bytes that do not belong there" }
    }
    return WebhookURL(url) == nil ? "the address is no usable http or https URL" : nil
  }
}
