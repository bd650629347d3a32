internal import Domain
public import Ports

/// A mailer, recipients that behave in certain ways, and what has arrived at them.
public struct MailerSubject: Sendable {
  public enum Recipient: Hashable, Sendable, CaseIterable {
    /// Takes everything.
    case takes
    /// The server knows no such person.
    case unknown
    /// The server says to come again later.
    case greylisted
    /// The server takes the text and never says so.
    case silent
  }

  /// What arrived, decoded as a mail program shows it.
  public struct Arrived: Hashable, Sendable {
    public var messageID: String
    public var to: String
    public var subject: String
    public var text: String
    public var html: String

    public init(messageID: String, to: String, subject: String, text: String, html: String) {
      self.messageID = messageID
      self.to = to
      self.subject = subject
      self.text = text
      self.html = html
    }
  }

  public let mailer: any Mailer
  public let address: @Sendable (Recipient) -> String
  public let arrived: @Sendable () async throws -> [Arrived]

  public init(
    mailer: any Mailer, address: @escaping @Sendable (Recipient) -> String,
    arrived: @escaping @Sendable () async throws -> [Arrived]
  ) {
    self.mailer = mailer
    self.address = address
    self.arrived = arrived
  }

  func mail(
    _ recipient: Recipient, id: String = "ntf_contract", subject: String = "a subject",
    text: String = "a text\n"
  ) -> MailMessage {
    MailMessage(
      id: id, to: address(recipient), subject: subject, text: text, html: "<p>a text</p>\n",
      writtenAt: Moment(microseconds: 1_700_000_000_000_000))
  }
}

/// The promises of `Mailer`.
public enum MailerContract {
  private typealias Case = ContractCase<MailerSubject>

  public static let cases: [ContractCase<MailerSubject>] = [
    Case("what is delivered arrives as it was written") { subject in
      let texts = [
        "one line\n", "no line break at its end", ".\n..\n.leading dots\n", "Grüße, ✓ und 日本語\n",
        "blanks at the end   \t\nand = signs =3D\n",
        String(repeating: "a long line ", count: 200) + "\n", "\n\nFrom here\n",
      ]
      for (number, text) in texts.enumerated() {
        let mail = subject.mail(
          .takes, id: "ntf_text\(number)", subject: "Büro \(number): run ✓ failed", text: text)
        try expectEqual(await subject.mailer.send(mail).isDelivered, true, "delivery of \(number)")
        let arrived = try expectPresent(
          try await subject.arrived().last, "the mail with the text \(number)")
        try expectEqual(arrived.to, mail.to, "recipient")
        try expectEqual(arrived.subject, mail.subject, "subject")
        try expectEqual(trimmed(arrived.text), trimmed(text), "text")
        try expectEqual(trimmed(arrived.html), trimmed(mail.html), "HTML")
      }
    },
    Case("the same id gives the same Message-ID, another id another one") { subject in
      for id in ["ntf_one", "ntf_one", "ntf_two"] {
        _ = await subject.mailer.send(subject.mail(.takes, id: id))
      }
      let ids = try await subject.arrived().map(\.messageID)
      try expectEqual(ids.count, 3, "mails")
      try expect(ids[0] == ids[1] && ids[1] != ids[2], "the Message-IDs are \(ids)")
      try expect(ids[0].contains("ntf_one"), "the Message-ID \(ids[0]) does not show the id")
    },
    Case("a recipient that does not exist is refused for good") { subject in
      let reply = await subject.mailer.send(subject.mail(.unknown))
      guard case .refused(let note) = reply, note.code == .rejected else {
        throw ContractViolation("the reply is \(reply)", at: #fileID)
      }
      try expect(note.status.map { (500...599).contains($0) } ?? false, "the note is \(note)")
    },
    Case("a server that asks for patience is tried again") { subject in
      let reply = await subject.mailer.send(subject.mail(.greylisted))
      guard case .temporary(let note, _) = reply, note.code == .busy else {
        throw ContractViolation("the reply is \(reply)", at: #fileID)
      }
      try expect(note.status.map { (400...499).contains($0) } ?? false, "the note is \(note)")
    },
    Case("text that was sent and not acknowledged has an unknown outcome") { subject in
      let reply = await subject.mailer.send(subject.mail(.silent))
      guard case .outcomeUnknown = reply else {
        throw ContractViolation("the reply is \(reply)", at: #fileID)
      }
    },
    Case("nothing that could carry commands or headers is sent") { subject in
      let before = try await subject.arrived().count
      var bad = [subject.mail(.takes), subject.mail(.takes), subject.mail(.takes)]
      bad[0].to = "a@example.org>\r\nRCPT TO:<b@example.org"
      bad[1].subject = "a\r\nBcc: b@example.org"
      bad[2].id = "a>\r\nX-Header: b"
      for mail in bad {
        let reply = await subject.mailer.send(mail)
        guard case .refused(let note) = reply, note.code == .invalid else {
          throw ContractViolation("the reply is \(reply)", at: #fileID)
        }
      }
      try expectEqual(try await subject.arrived().count, before, "mails that arrived")
    },
    Case("many are sent at once, each once") { subject in
      let count = 12
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<count {
          group.addTask {
            let reply = await subject.mailer.send(subject.mail(.takes, id: "ntf_many\(number)"))
            guard case .delivered = reply else {
              throw ContractViolation("the reply is \(reply)", at: #fileID)
            }
          }
        }
        try await group.waitForAll()
      }
      let ids = try await subject.arrived().map(\.messageID)
      try expectEqual(Set(ids).count, count, "different mails")
      try expectEqual(ids.count, count, "mails")
    },
  ]

  /// Mail has lines: how the last one ends is not kept.
  private static func trimmed(_ text: String) -> String {
    var text = text.split(separator: "\r\n", omittingEmptySubsequences: false)
      .joined(separator: "\n")
    while text.hasSuffix("\n") { text.removeLast() }
    return text
  }
}

extension DeliveryReply {
  /// Whether the receiver said that it took the message.
  public var isDelivered: Bool {
    if case .delivered = self { true } else { false }
  }
}
