/// A protobuf message (proto3): generated from `proto/`, encoded deterministically.
///
/// Fields are written in the order of their numbers and maps in the order of their keys. Unknown
/// fields are kept and written again behind the known ones. Decoding never traps, whatever the
/// bytes.
public protocol WireMessage: Hashable, Sendable {
  init()

  /// Fields that this version of the message does not know, as they arrived.
  var unknownFields: UnknownFields { get set }

  /// Appends the message's fields, without a length in front.
  func encode(into writer: inout WireWriter)

  /// Merges the fields up to the reader's limit into this message, as protobuf defines it: the last
  /// scalar wins, repeated fields grow, messages merge.
  mutating func decode(from reader: inout WireReader) throws(WireError)
}

extension WireMessage {
  /// The message that `bytes` are, all of them.
  @inlinable
  public init(decoding bytes: [UInt8], limits: WireLimits = WireLimits()) throws(WireError) {
    var reader = try WireReader(bytes, limits: limits)
    self.init()
    try decode(from: &reader)
  }

  /// The message as bytes. Equal messages have equal bytes.
  @inlinable
  public func encoded() -> [UInt8] {
    var writer = WireWriter()
    encode(into: &writer)
    return writer.bytes
  }
}

/// What one decoding may take at most.
public struct WireLimits: Hashable, Sendable {
  /// Messages inside messages. The entries of maps do not count: they are the map's own clothing.
  ///
  /// It must admit whatever we write: a value nests up to 64 deep (`EvaluationLimits`), each of its
  /// arrays and objects takes two messages, and the message around it a few more.
  public var depthMax: Int = 144
  /// Messages inside the outermost one, map entries included: a bound on memory, since an empty
  /// message takes two bytes on the wire and hundreds in memory.
  public var messagesMax: Int = 1_000_000
  /// Length of the outermost message.
  public var bytesMax: Int = 64 * 1024 * 1024

  public init() {}
}

/// Why bytes are not the message that they should be.
public enum WireError: Error, Hashable, Sendable {
  /// A field reaches beyond the end of its message.
  case truncated
  /// The bytes break the format; the text says how and at which byte.
  case malformed(String)
  /// More messages inside messages than `WireLimits.depthMax`.
  case tooDeep
  /// Longer than `WireLimits.bytesMax`, or more messages than `WireLimits.messagesMax`.
  case tooLarge
}

/// Fields that a message does not know, kept as they arrived so that they survive a round trip.
public struct UnknownFields: Hashable, Sendable {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  @inlinable public var isEmpty: Bool { bytes.isEmpty }

  /// Adds one field, its tag included.
  public mutating func append(_ field: ArraySlice<UInt8>) {
    bytes.append(contentsOf: field)
  }
}
