/// What a field of a document holds. Only what the archive stores and asks with.
enum BSONValue: Hashable, Sendable {
  case null
  case boolean(Bool)
  case integer(Int64)
  case string(String)
  case bytes([UInt8])
  case array([BSONValue])
  case document(BSONDocument)
  /// Of a kind that the archive never writes.
  case other
}

/// Fields in their order. Names are written in the code, never by users: what these name is a
/// value.
struct BSONDocument: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  struct Field: Hashable, Sendable {
    var name: String
    var value: BSONValue
  }

  var fields: [Field] = []

  init() {}

  init(dictionaryLiteral elements: (String, BSONValue)...) {
    fields = elements.map { Field(name: $0.0, value: $0.1) }
  }

  subscript(name: String) -> BSONValue? { fields.first { $0.name == name }?.value }

  mutating func append(_ name: String, _ value: BSONValue) {
    fields.append(Field(name: name, value: value))
  }

  /// Appends unless there is nothing.
  mutating func append(_ name: String, _ value: BSONValue?) {
    if let value { append(name, value) }
  }
}

extension BSONDocument {
  func string(_ name: String) -> String? {
    if case .string(let text)? = self[name] { return text }
    return nil
  }

  func integer(_ name: String) -> Int64? {
    if case .integer(let whole)? = self[name] { return whole }
    return nil
  }

  func bytes(_ name: String) -> [UInt8]? {
    if case .bytes(let bytes)? = self[name] { return bytes }
    return nil
  }

  func document(_ name: String) -> BSONDocument? {
    if case .document(let document)? = self[name] { return document }
    return nil
  }

  func array(_ name: String) -> [BSONValue]? {
    if case .array(let values)? = self[name] { return values }
    return nil
  }

  func documents(_ name: String) -> [BSONDocument]? {
    array(name)?.compactMap { value in
      if case .document(let document) = value { return document }
      return nil
    }
  }

  func strings(_ name: String) -> [String]? {
    array(name)?.compactMap { value in
      if case .string(let text) = value { return text }
      return nil
    }
  }
}
