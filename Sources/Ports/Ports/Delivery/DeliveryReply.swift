/// What came of handing over one message, once.
public enum DeliveryReply: Hashable, Sendable {
  /// The receiver has taken responsibility for it.
  case delivered(DeliveryNote)
  /// It surely was not taken, and the same message to the same address never will be.
  case refused(DeliveryNote)
  /// It surely was not taken; trying again may help, not before `retryAfter` where the receiver
  /// asked for that.
  case temporary(DeliveryNote, retryAfter: Duration? = nil)
  /// The answer was lost: it was taken, or not, or will be. Never to be read as either; the same
  /// message may be sent again under the same id, which lets the receiver tell.
  case outcomeUnknown(DeliveryNote)

  public var note: DeliveryNote {
    switch self {
    case .delivered(let note), .refused(let note), .temporary(let note, _),
      .outcomeUnknown(let note):
      note
    }
  }
}

/// Why an attempt to deliver ended as it did, for the history that its owner sees. It names no
/// address and no text of a foreign server beyond its status, so that nobody learns from it what
/// stands in our network.
public struct DeliveryNote: Hashable, Sendable {
  /// A stable word for programs.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// Taken.
    case accepted
    /// The receiver said that nothing will ever be taken there again.
    case gone
    /// The receiver refused the message for good.
    case rejected
    /// The receiver is there and cannot take it now.
    case busy
    /// The receiver answered with a status that is no success.
    case status
    /// The receiver pointed elsewhere, which is not followed.
    case redirected
    /// The address leads to where this installation does not send to.
    case destinationRefused = "destination-refused"
    /// The message or the address is not one that can be sent.
    case invalid
    /// The name has no address now.
    case nameNotFound = "name-not-found"
    /// No connection was made.
    case unreachable
    /// No trusted connection was made.
    case tls
    /// The mail server does not take our name and password.
    case loginRefused = "login-refused"
    /// No answer in time.
    case timedOut = "timed-out"
    /// The connection ended before an answer.
    case disconnected
    /// The receiver sent something that is no answer.
    case malformed
    /// We stopped before there was an answer.
    case stopped
  }

  public var code: Code
  /// A sentence for people.
  public var message: String
  /// The status of HTTP or SMTP, where there was one.
  public var status: Int?

  public init(_ code: Code, _ message: String, status: Int? = nil) {
    self.code = code
    self.message = message
    self.status = status
  }
}
