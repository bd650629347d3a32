public import Domain

/// Hands mail to a server that delivers it.
public protocol Mailer: Sendable {
  /// Hands over one message for one recipient and says what came of it.
  ///
  /// Each call tries once. The same `id` gives the same Message-ID, by which receivers recognise
  /// what they have. `.delivered` means that the server took responsibility; a bounce may still
  /// come later. Without an answer to the end of the text the outcome is unknown (RFC 1047), and so
  /// it is when the task is cancelled after the text was begun.
  ///
  /// A message that could carry commands or headers of somebody else is `.refused` with `invalid`
  /// and nothing is sent: CR, LF or NUL in an address or subject, an address that is not ASCII.
  /// Ends by itself; may be called at once from many tasks.
  func send(_ message: MailMessage) async -> DeliveryReply
}

/// One mail to one person, in both forms.
public struct MailMessage: Hashable, Sendable {
  /// Stable over repetitions; visible ASCII without `<`, `>`, `@` and blanks, at most 64 bytes.
  public var id: String
  /// `name@example.org`.
  public var to: String
  public var subject: String
  public var text: String
  public var html: String
  /// What its Date says.
  public var writtenAt: Moment

  public static let subjectBytesMax = 512
  /// Of each form.
  public static let bodyBytesMax = 256 << 10

  public init(
    id: String, to: String, subject: String, text: String, html: String, writtenAt: Moment
  ) {
    self.id = id
    self.to = to
    self.subject = subject
    self.text = text
    self.html = html
    self.writtenAt = writtenAt
  }

  /// What is wrong with it, if anything: the rules that every mailer keeps.
  public var fault: String? {
    if !MailMessage.isAddress(to) { return "the recipient is no plain e-mail address" }
    if id.isEmpty || id.utf8.count > 64 || !id.utf8.allSatisfy(MailMessage.isAtomByte) {
      return "the id is not usable in a Message-ID"
    }
    if subject.utf8.count > MailMessage.subjectBytesMax { return "the subject is too long" }
    if subject.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) {
      return "the subject has a control character"
    }
    if text.utf8.count > MailMessage.bodyBytesMax || html.utf8.count > MailMessage.bodyBytesMax {
      return "the text is too long"
    }
    if text.utf8.contains(0) || html.utf8.contains(0) { return "the text has a NUL" }
    return nil
  }

  /// One `@` between parts of characters that need no quoting, so that it means the same in an
  /// envelope, in a header and in a log.
  public static func isAddress(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard text.utf8.count <= 254, parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty,
      parts[0].count <= 64
    else { return false }
    return parts[0].allSatisfy(isAtomByte)
      && parts[1].allSatisfy { isLetterOrDigit($0) || "-._".utf8.contains($0) }
  }

  /// `atext` of RFC 5322 §3.2.3, and dots.
  private static func isAtomByte(_ byte: UInt8) -> Bool {
    isLetterOrDigit(byte) || "!#$%&'*+-/=?^_`{|}~.".utf8.contains(byte)
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
