import Wire

@testable import protogen

/// Descriptors as `protoc` would write them, from a few words.
enum DescriptorBuilder {
  struct Field {
    var name: String
    var number: UInt32 = 1
    var type: Int32 = 9
    var typeName = ""
    var isRepeated = false
    var isOptional = false
    var oneof: Int32?
  }

  static func field(_ field: Field) -> [UInt8] {
    var writer = WireWriter()
    writer.string(1, field.name)
    writer.varint(3, UInt64(field.number))
    writer.int32(4, field.isRepeated ? 3 : 1)
    writer.int32(5, field.type)
    if !field.typeName.isEmpty { writer.string(6, field.typeName) }
    if let oneof = field.oneof { writer.int32(9, oneof) }
    if field.isOptional { writer.bool(17, true) }
    return writer.bytes
  }

  static func message(
    _ name: String, _ fields: [Field] = [], messages: [[UInt8]] = [], isMapEntry: Bool = false
  ) -> [UInt8] {
    var writer = WireWriter()
    writer.string(1, name)
    for field in fields { writer.data(2, self.field(field)) }
    for message in messages { writer.data(3, message) }
    if isMapEntry { writer.data(7, [0x38, 1]) }
    return writer.bytes
  }

  static func open(_ name: String, _ cases: [(String, Int32)]) -> [UInt8] {
    var writer = WireWriter()
    writer.string(1, name)
    for (name, number) in cases {
      var inner = WireWriter()
      inner.string(1, name)
      inner.int32(2, number)
      writer.data(2, inner.bytes)
    }
    return writer.bytes
  }

  /// A file of another syntax, empty.
  static func file(syntax: String) -> [UInt8] {
    var writer = WireWriter()
    writer.string(1, "old.proto")
    writer.string(12, syntax)
    return writer.bytes
  }

  static func service(_ name: String, _ methods: [String]) -> [UInt8] {
    var writer = WireWriter()
    writer.string(1, name)
    for method in methods { writer.data(2, named(method)) }
    return writer.bytes
  }

  static func file(
    _ name: String = "test/v1/sample.proto", messages: [[UInt8]] = [], enums: [[UInt8]] = [],
    services: [[UInt8]] = [], comments: [([UInt8], String)] = []
  ) -> [UInt8] {
    var writer = WireWriter()
    writer.string(1, name)
    writer.string(2, "test.v1")
    for message in messages { writer.data(4, message) }
    for open in enums { writer.data(5, open) }
    for service in services { writer.data(6, service) }
    var places = WireWriter()
    for (path, comment) in comments {
      var place = WireWriter()
      place.data(1, path)
      place.string(3, comment)
      places.data(1, place.bytes)
    }
    writer.data(9, places.bytes)
    writer.string(12, "proto3")
    return writer.bytes
  }

  /// What the generator writes for the files.
  static func swift(_ files: [UInt8]...) throws -> [String] {
    var writer = WireWriter()
    for file in files { writer.data(1, file) }
    let set = try FileSet(decoding: writer.bytes)
    return try SchemaBuilder(set.files).schemas().map { FileEmitter.text(of: $0) }
  }

  private static func named(_ name: String) -> [UInt8] {
    var writer = WireWriter()
    writer.string(1, name)
    return writer.bytes
  }
}
