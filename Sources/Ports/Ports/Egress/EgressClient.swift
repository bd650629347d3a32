/// Makes HTTP calls to addresses that users chose, as far as the rules of egress allow.
public protocol EgressClient: Sendable {
  /// Makes one call to an absolute `http` or `https` URL, once, and returns its whole answer,
  /// whatever the status. Follows no redirect, uses no proxy of the environment, keeps no cookie,
  /// and shares no connection with another call. What a caller says about host, framing and
  /// connection is left out. A fragment of the URL is not sent.
  ///
  /// Never connects to an address that the rules do not allow, whatever the name resolves to and
  /// whenever.
  ///
  /// - Parameter answerBytesMax: of the body of the answer.
  /// - Throws: `.destinationRefused`, `.invalid` or `.unreachable` when the call was surely not
  ///   carried out; every other error leaves it open. Cancellation counts as `.disconnected`.
  func send(_ call: HTTPCall, answerBytesMax: Int) async throws(EgressError) -> EgressAnswer
}

/// One whole answer.
public struct EgressAnswer: Hashable, Sendable {
  public var status: Int
  public var body: [UInt8]

  public init(status: Int, body: [UInt8] = []) {
    self.status = status
    self.body = body
  }
}

public enum EgressError: Error, Hashable, Sendable {
  /// The rules of egress do not allow where it leads. No more is said, so that nobody maps our
  /// network with it.
  case destinationRefused
  /// The call cannot be sent by anybody: what is wrong with it.
  case invalid(String)
  /// No connection was made; says why, without any address.
  case unreachable(String)
  /// The connection ended before the whole answer had come.
  case disconnected
  /// The other side was silent for too long.
  case timedOut
  /// What came is not HTTP.
  case malformed
  /// The answer is larger than allowed.
  case tooLarge
}
