/// A JSON text as a tree in which every value and every name knows its place.
///
/// For those who must say where something is wrong, or tell `1.0` from `1`; everybody else reads a
/// `Value`.
public struct JSONNode: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case null
    case boolean(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONNode])
    /// In the order of the text; no name occurs twice.
    case object([JSONMember])
  }

  public var kind: Kind
  /// Where it starts, in bytes from the start of the text.
  public var offset: Int

  public init(_ kind: Kind, at offset: Int) {
    self.kind = kind
    self.offset = offset
  }

  /// Reads exactly one JSON value (RFC 8259) from UTF-8: no byte order mark, no duplicate names, no
  /// lone surrogates, no numbers that a `Value` cannot hold, nothing behind the value. Linear in
  /// the number of bytes, but for the names of an object, which are sorted.
  public init(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONFault) {
    var reader = JSONReader(bytes: bytes, limits: limits)
    self = try reader.document()
  }

  public var value: Value {
    switch kind {
    case .null: .null
    case .boolean(let flag): .boolean(flag)
    case .number(let number): number.value
    case .string(let text): .string(text)
    case .array(let items): .array(items.map(\.value))
    case .object(let members): .object(SortedMap(members.map { ($0.name, $0.node.value) }))
    }
  }
}

/// A member of an object with its place.
public struct JSONMember: Hashable, Sendable {
  public var name: String
  /// Where its name starts, in bytes from the start of the text.
  public var offset: Int
  public var node: JSONNode

  public init(name: String, offset: Int, node: JSONNode) {
    self.name = name
    self.offset = offset
    self.node = node
  }
}

/// A number with what its value does not say.
public struct JSONNumber: Hashable, Sendable {
  /// `integer` or, for what is not whole, `decimal`.
  public var value: Value
  /// Written with neither point nor exponent: `1`, and not `1.0` or `1e0`.
  public var isWrittenWhole: Bool

  public init(_ value: Value, isWrittenWhole: Bool) {
    self.value = value
    self.isWrittenWhole = isWrittenWhole
  }
}

extension Value {
  /// Reads exactly one JSON value, as strictly as `JSONNode` does. Whole numbers become `integer`,
  /// whatever their spelling.
  public init(json bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONFault) {
    self = try JSONNode(bytes, limits: limits).value
  }

  public init(json text: String, limits: JSONLimits = JSONLimits()) throws(JSONFault) {
    try self.init(json: Array(text.utf8), limits: limits)
  }
}
