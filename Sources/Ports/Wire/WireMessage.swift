/// A protobuf message (proto3): generated from `proto/`, encoded deterministically.
///
/// Unknown fields are kept and written again behind the known ones. Decoding never traps, whatever
/// the bytes.
public protocol WireMessage: Hashable, Sendable {
  init()
  init(decoding bytes: [UInt8]) throws(WireError)
  func encoded() -> [UInt8]
}

/// Why bytes are not the message that they should be.
public enum WireError: Error, Hashable, Sendable {
  case truncated
  case malformed(String)
  case tooDeep
}
