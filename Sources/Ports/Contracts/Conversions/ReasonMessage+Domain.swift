public import Domain

extension ReasonMessage {
  public init(_ reason: Reason) {
    self.init(
      code: reason.code, message: reason.message,
      sinceUs: reason.since.microseconds, untilUs: reason.until?.microseconds,
      blockers: reason.blockers)
  }
}

extension Reason {
  /// Nil when the message has no code: every reason has one.
  public init?(_ message: ReasonMessage) {
    guard !message.code.isEmpty else { return nil }
    self.init(
      code: message.code, message: message.message,
      since: Moment(microseconds: message.sinceUs),
      until: message.untilUs.map { Moment(microseconds: $0) }, blockers: message.blockers)
  }
}
