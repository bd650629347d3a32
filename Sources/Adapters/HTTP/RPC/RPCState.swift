internal import Ports
internal import SystemAdapter

/// What belongs to a remote call on a stream, besides what every stream has. Confined to the loop.
final class RPCState {
  var reader: RPCMessageReader
  let limits: RPCLimits
  var deadline: LoopTimer?
  /// Whether the head of the answer was sent, on servers.
  var hasBegun = false
  /// Whether the status was sent or is known.
  var hasEnded = false
  /// The status that the reader and the writer get to see from now on.
  var status: RPCError?
  /// Whether this side has said that it writes no more.
  var hasFinished = false

  init(_ limits: RPCLimits) {
    self.limits = limits
    reader = RPCMessageReader(bytesMax: limits.messageBytesMax)
  }

  func end(_ status: RPCError?) {
    hasEnded = true
    if let status { self.status = self.status ?? status }
    deadline?.cancel()
    deadline = nil
  }
}
