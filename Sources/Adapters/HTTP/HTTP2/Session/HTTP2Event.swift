/// What became of the bytes of a peer, or of ours.
enum HTTP2Event: Sendable {
  /// A request, or the final head of an answer.
  case head(Int32, HeaderBlock, isEnd: Bool)
  /// Fields behind the body, which they end.
  case trailers(Int32, HeaderBlock)
  case data(Int32, [UInt8])
  /// The peer's side of the stream has ended.
  case end(Int32)
  /// Everything of our side has been sent.
  case sentAll(Int32)
  /// A writer may go on.
  case room(Int32)
  case closed(Int32, HTTP2Code)
  case pingAnswered
  /// The peer takes no new streams.
  case goAway
}

/// The error codes of RFC 9113 §7.
enum HTTP2Code: UInt32, Hashable, Sendable {
  case none = 0
  case protocolError = 1
  case internalError = 2
  case flowControlError = 3
  case settingsTimeout = 4
  case streamClosed = 5
  case frameSizeError = 6
  case refusedStream = 7
  case cancel = 8
  case compressionError = 9
  case connectError = 10
  case enhanceYourCalm = 11
  case inadequateSecurity = 12
  case http11Required = 13

  init(_ number: UInt32) {
    // Unknown codes have no meaning of their own (RFC 9113 §7).
    self = HTTP2Code(rawValue: number) ?? .internalError
  }
}

/// Why a connection is over.
struct HTTP2Failure: Error, Hashable, Sendable {
  var code: HTTP2Code
  var reason: String
}
