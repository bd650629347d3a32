internal import CMongoDB
internal import Glibc

/// A document as the library holds it, for the length of a call.
struct NativeDocument: ~Copyable {
  private let address: OpaquePointer

  /// - Throws: `.refused` when it would become larger than the format allows.
  init(_ document: BSONDocument) throws(MongoFailure) {
    guard let made = bson_new() else { throw .unavailable("there is no memory for a document") }
    do throws(MongoFailure) {
      for field in document.fields {
        guard try NativeDocument.append(field.value, as: field.name, to: made) else {
          throw .refused("a document is larger than its format allows")
        }
      }
    } catch {
      bson_destroy(made)
      throw error
    }
    address = made
  }

  deinit { bson_destroy(address) }

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
    case .null, .other: bson_append_null(target, name, -1)
    case .boolean(let flag): bson_append_bool(target, name, -1, flag)
    case .integer(let whole): bson_append_int64(target, name, -1, whole)
    case .string(let text):
      // By its length: a text may contain NUL. The copy always has an address.
      text.withCString { bson_append_utf8(target, name, -1, $0, Int32(text.utf8.count)) }
    case .bytes(let bytes):
      bson_append_binary(target, name, -1, BSON_SUBTYPE_BINARY, bytes, UInt32(bytes.count))
    case .array(let values):
      try NativeDocument(numbered: values).lend { bson_append_array(target, name, -1, $0) }
    case .document(let document):
      try NativeDocument(document).lend { bson_append_document(target, name, -1, $0) }
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
  /// A copy of what the library holds. What cannot be read ends it early.
  init(native: OpaquePointer) {
    self.init(iterator: millrace_bson_iterate(native))
  }

  private init(iterator: OpaquePointer?) {
    self.init()
    guard let iterator else { return }
    defer { free(UnsafeMutableRawPointer(iterator)) }
    while bson_iter_next(iterator) {
      guard let name = bson_iter_key(iterator) else { return }
      append(String(cString: name), BSONValue(at: iterator))
    }
  }

  fileprivate init(below iterator: OpaquePointer) {
    self.init(iterator: millrace_bson_descend(iterator))
  }
}

extension BSONValue {
  fileprivate init(at iterator: OpaquePointer) {
    switch bson_iter_type(iterator) {
    case BSON_TYPE_NULL: self = .null
    case BSON_TYPE_BOOL: self = .boolean(bson_iter_bool(iterator))
    case BSON_TYPE_INT32, BSON_TYPE_INT64: self = .integer(bson_iter_as_int64(iterator))
    case BSON_TYPE_UTF8:
      var count: UInt32 = 0
      let start = bson_iter_utf8(iterator, &count)
      let bytes = UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(count))
      self = .string(String(decoding: bytes, as: UTF8.self))
    case BSON_TYPE_BINARY:
      var count: UInt32 = 0
      var kind = BSON_SUBTYPE_BINARY
      var start: UnsafePointer<UInt8>?
      bson_iter_binary(iterator, &kind, &count, &start)
      self = .bytes(Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : Int(count))))
    case BSON_TYPE_ARRAY: self = .array(BSONDocument(below: iterator).fields.map(\.value))
    case BSON_TYPE_DOCUMENT: self = .document(BSONDocument(below: iterator))
    // Numbers of the server's own answers.
    case BSON_TYPE_DOUBLE: self = .integer(bson_iter_as_int64(iterator))
    default: self = .other
    }
  }
}
