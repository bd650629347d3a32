public import Ports

/// A sender of webhooks, receivers that behave in certain ways, and what has arrived at them.
public struct WebhookSubject: Sendable {
  public enum Receiver: Hashable, Sendable {
    /// Takes everything, with this status.
    case takes(status: Int)
    /// Answers with this status, and with this Retry-After if any.
    case answers(status: Int, retryAfter: Int?)
    /// Points to a receiver that takes everything.
    case redirects
    /// Takes the request and never answers.
    case silent
    /// Takes the request and cuts the connection.
    case cuts
    /// Takes everything and answers without end.
    case endless
    /// Nobody listens there.
    case closed
    /// Takes everything, at an address that the rules of egress refuse.
    case forbidden
  }

  public struct Arrived: Hashable, Sendable {
    public var fields: HTTPFields
    public var body: [UInt8]

    public init(fields: HTTPFields, body: [UInt8]) {
      self.fields = fields
      self.body = body
    }
  }

  public let sender: any WebhookSender
  public let url: @Sendable (Receiver) -> String
  public let arrived: @Sendable () async throws -> [Arrived]

  public init(
    sender: any WebhookSender, url: @escaping @Sendable (Receiver) -> String,
    arrived: @escaping @Sendable () async throws -> [Arrived]
  ) {
    self.sender = sender
    self.url = url
    self.arrived = arrived
  }

  func message(_ receiver: Receiver, body: [UInt8] = Array("{}".utf8)) -> WebhookMessage {
    WebhookMessage(
      url: url(receiver),
      fields: [HTTPField("Content-Type", "application/json"), HTTPField("webhook-id", "ntf_1")],
      body: body)
  }
}

/// The promises of `WebhookSender`.
public enum WebhookSenderContract {
  private typealias Case = ContractCase<WebhookSubject>

  public static let cases: [ContractCase<WebhookSubject>] = replies + transport

  private static let replies: [ContractCase<WebhookSubject>] = [
    Case("every status of 2xx is a delivery") { subject in
      for status in [200, 201, 202, 204, 299] {
        let reply = await subject.sender.send(subject.message(.takes(status: status)))
        guard case .delivered(let note) = reply else {
          throw ContractViolation("\(status) gives \(reply)", at: #fileID)
        }
        try expectEqual(note.status, status, "status")
      }
      try expectEqual(try await subject.arrived().count, 5, "messages that arrived")
    },
    Case("410 ends it for good") { subject in
      let reply = await subject.sender.send(
        subject.message(.answers(status: 410, retryAfter: nil)))
      try expectEqual(reply.code(ifRefused: true), .gone, "\(reply)")
    },
    Case("any other status is tried again") { subject in
      for status in [400, 401, 404, 409, 422, 500, 502, 504] {
        let reply = await subject.sender.send(
          subject.message(.answers(status: status, retryAfter: nil)))
        guard case .temporary(let note, nil) = reply else {
          throw ContractViolation("\(status) gives \(reply)", at: #fileID)
        }
        try expectEqual(note.status, status, "status")
      }
    },
    Case("a receiver that is busy says when to come again") { subject in
      for status in [429, 503] {
        let reply = await subject.sender.send(
          subject.message(.answers(status: status, retryAfter: 7)))
        guard case .temporary(let note, .seconds(7)) = reply else {
          throw ContractViolation("\(status) gives \(reply)", at: #fileID)
        }
        try expectEqual(note.code, .busy, "code")
      }
    },
    Case("a redirect is not followed") { subject in
      let reply = await subject.sender.send(subject.message(.redirects))
      guard case .temporary(let note, _) = reply, note.code == .redirected else {
        throw ContractViolation("the reply is \(reply)", at: #fileID)
      }
      try expectEqual(try await subject.arrived().count, 0, "messages at the other end")
    },
    Case("no answer to what was sent is an unknown outcome") { subject in
      for receiver in [WebhookSubject.Receiver.silent, .cuts] {
        let reply = await subject.sender.send(subject.message(receiver))
        guard case .outcomeUnknown = reply else {
          throw ContractViolation("\(receiver) gives \(reply)", at: #fileID)
        }
      }
    },
    Case("where nobody listens it surely was not taken") { subject in
      let reply = await subject.sender.send(subject.message(.closed))
      guard case .temporary(let note, nil) = reply, note.code == .unreachable else {
        throw ContractViolation("the reply is \(reply)", at: #fileID)
      }
    },
    Case("what the rules of egress refuse gets nothing") { subject in
      let reply = await subject.sender.send(subject.message(.forbidden))
      try expectEqual(reply.code(ifRefused: true), .destinationRefused, "\(reply)")
      try expectEqual(try await subject.arrived().count, 0, "messages that arrived")
    },
  ]

  private static let transport: [ContractCase<WebhookSubject>] = [
    Case("the body arrives byte for byte, with the fields") { subject in
      let bodies: [[UInt8]] = [
        [], Array("{\"a\": \"Grüße\\u0000\"}\r\n".utf8), Array(0...255),
        [UInt8](repeating: 0x61, count: WebhookMessage.bodyBytesMax),
      ]
      for body in bodies {
        let reply = await subject.sender.send(subject.message(.takes(status: 200), body: body))
        try expect(reply.isDelivered, "the reply is \(reply)")
        let arrived = try expectPresent(try await subject.arrived().last, "the message")
        try expect(arrived.body == body, "\(body.count) bytes became \(arrived.body.count)")
        try expectEqual(arrived.fields["webhook-id"], "ntf_1", "webhook-id")
        try expectEqual(arrived.fields["content-type"], "application/json", "content type")
        try expectEqual(arrived.fields["authorization"], nil, "credentials")
      }
    },
    Case("an answer without end does no harm") { subject in
      let reply = await subject.sender.send(subject.message(.endless))
      try expect(reply.isDelivered, "the reply is \(reply)")
    },
    Case("what is no message is refused") { subject in
      let good = subject.message(.takes(status: 200))
      var bad = [good, good, good, good]
      bad[0].body = [UInt8](repeating: 0x61, count: WebhookMessage.bodyBytesMax + 1)
      bad[1].fields = [HTTPField("X", "a\r\nY: b")]
      bad[2].url = "ftp://example.org/"
      bad[3].url = "http://user:secret@example.org/"
      for message in bad {
        let reply = await subject.sender.send(message)
        try expectEqual(reply.code(ifRefused: true), .invalid, "\(reply)")
      }
      try expectEqual(try await subject.arrived().count, 0, "messages that arrived")
    },
    Case("many are sent at once, and one that hangs holds no other up") { subject in
      let count = 10
      let delivered = await withTaskGroup(of: Bool.self) { group in
        group.addTask { await subject.sender.send(subject.message(.silent)).isDelivered }
        for _ in 0..<count {
          group.addTask {
            await subject.sender.send(subject.message(.takes(status: 200))).isDelivered
          }
        }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      try expectEqual(delivered, count, "deliveries")
    },
  ]
}

extension DeliveryReply {
  fileprivate func code(ifRefused: Bool) -> DeliveryNote.Code? {
    if case .refused(let note) = self { note.code } else { nil }
  }
}
