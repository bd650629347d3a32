internal import CMongoDB

/// A document as the library holds it, for the length of a call.
struct NativeDocument: ~Copyable {
  private let address: OpaquePointer

  /// - Throws: `.refused` when it would become larger than the format allows.
  init(_ document: BSONDocument) throws(MongoFailure) {
    guard let made = millrace_bson_new() else {
      throw .unavailable("there is no memory for a document")
    }
    do throws(MongoFailure) {
      for field in document.fields {
        guard try NativeDocument.append(field.value, as: field.name, to: made) else {
          throw .refused("a document is larger than its format allows")
        }
      }
    } catch {
      millrace_bson_destroy(made)
      throw error
    }
    address = made
  }

  deinit { millrace_bson_destroy(address) }

  /// Bytes that it has on the wire.
  var count: Int { Int(millrace_bson_length(address)) }

  /// Lends it to calls of the library.
  borrowing func lend<Answer: ~Copyable>(_ body: (OpaquePointer) -> Answer) -> Answer {
    body(address)
  }

  private static func append(
    _ value: BSONValue, as name: String, to target: OpaquePointer
  ) throws(MongoFailure) -> Bool {
    switch value {
    case .null, .other: millrace_bson_append_null(target, name)
    case .boolean(let flag): millrace_bson_append_bool(target, name, flag)
    case .integer(let whole): millrace_bson_append_int64(target, name, whole)
    case .string(let text):
      // By its length: a text may contain NUL. The copy always has an address.
      text.withCString { millrace_bson_append_utf8(target, name, $0, text.utf8.count) }
    case .bytes(let bytes):
      millrace_bson_append_binary(target, name, bytes, bytes.count)
    case .array(let values):
      try NativeDocument(numbered: values).lend { millrace_bson_append_array(target, name, $0) }
    case .document(let document):
      try NativeDocument(document).lend { millrace_bson_append_document(target, name, $0) }
    }
  }

  /// Items of an array have their places as names.
  private init(numbered values: [BSONValue]) throws(MongoFailure) {
    var document = BSONDocument()
    for (place, value) in values.enumerated() { document.append(String(place), value) }
    try self.init(document)
  }
}

extension BSONDocument {
  /// Of most documents of a collection.
  private static let fieldsExpected = 16

  /// A copy of what the library holds. What cannot be read ends it early.
  init(native: OpaquePointer) {
    self.init(iterator: millrace_bson_iterate(native), room: BSONDocument.fieldsExpected)
  }

  private init(iterator: OpaquePointer?, room: Int) {
    self.init()
    guard let iterator else { return }
    defer { millrace_bson_iterator_destroy(iterator) }
    fields.reserveCapacity(room)
    while millrace_bson_next(iterator) {
      guard let name = millrace_bson_name(iterator) else { return }
      append(String(cString: name), BSONValue(at: iterator))
    }
  }

  fileprivate init(below iterator: OpaquePointer) {
    self.init(iterator: millrace_bson_descend(iterator), room: 2)
  }
}

extension BSONValue {
  fileprivate init(at iterator: OpaquePointer) {
    switch millrace_bson_kind(iterator) {
    case MILLRACE_BSON_NULL: self = .null
    case MILLRACE_BSON_BOOL: self = .boolean(millrace_bson_bool(iterator))
    case MILLRACE_BSON_NUMBER: self = .integer(millrace_bson_int64(iterator))
    case MILLRACE_BSON_UTF8:
      self = .string(String(decoding: BSONValue.bytes(at: iterator), as: UTF8.self))
    case MILLRACE_BSON_BINARY: self = .bytes(Array(BSONValue.bytes(at: iterator)))
    case MILLRACE_BSON_ARRAY: self = .array(BSONDocument(below: iterator).fields.map(\.value))
    case MILLRACE_BSON_DOCUMENT: self = .document(BSONDocument(below: iterator))
    default: self = .other
    }
  }

  /// They live as long as the document.
  private static func bytes(at iterator: OpaquePointer) -> UnsafeBufferPointer<UInt8> {
    var count = 0
    return UnsafeBufferPointer(start: millrace_bson_bytes(iterator, &count), count: count)
  }
}
