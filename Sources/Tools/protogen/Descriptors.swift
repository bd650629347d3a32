internal import Wire

/// What `protoc --descriptor_set_out` writes, as far as the generator needs it: the messages of
/// `google/protobuf/descriptor.proto`, read with our own codec.
struct FileSet {
  var files: [FileDescriptor] = []

  init(decoding bytes: [UInt8]) throws(WireError) {
    var reader = try WireReader(bytes)
    while let tag = try reader.nextTag() {
      switch tag {
      case 0x0a:
        files.append(try reader.content { (r) throws(WireError) in try FileDescriptor(&r) })
      default: try reader.skip(tag)
      }
    }
  }
}

struct FileDescriptor {
  var name = ""
  var package = ""
  var syntax = ""
  var messages: [MessageDescriptor] = []
  var enums: [EnumDescriptor] = []
  var services: [ServiceDescriptor] = []
  var hasExtensions = false
  var comments: [CommentDescriptor] = []

  init() {}

  init(_ reader: inout WireReader) throws(WireError) {
    while let tag = try reader.nextTag() {
      switch tag {
      case 0x0a: name = try reader.string()
      case 0x12: package = try reader.string()
      case 0x22:
        messages.append(try reader.content { (r) throws(WireError) in try MessageDescriptor(&r) })
      case 0x2a:
        enums.append(try reader.content { (r) throws(WireError) in try EnumDescriptor(&r) })
      case 0x32:
        services.append(try reader.content { (r) throws(WireError) in try ServiceDescriptor(&r) })
      case 0x3a:
        hasExtensions = true
        try reader.skip(tag)
      case 0x4a:
        let outer = try reader.enter()
        while let inner = try reader.nextTag() {
          switch inner {
          case 0x0a:
            comments.append(
              try reader.content { (r) throws(WireError) in try CommentDescriptor(&r) })
          default: try reader.skip(inner)
          }
        }
        reader.leave(outer)
      case 0x62: syntax = try reader.string()
      default: try reader.skip(tag)
      }
    }
  }
}

struct MessageDescriptor {
  var name = ""
  var fields: [FieldDescriptor] = []
  var messages: [MessageDescriptor] = []
  var enums: [EnumDescriptor] = []
  var oneofs: [String] = []
  var isMapEntry = false
  var hasExtensions = false

  init(_ reader: inout WireReader) throws(WireError) {
    while let tag = try reader.nextTag() {
      switch tag {
      case 0x0a: name = try reader.string()
      case 0x12:
        fields.append(try reader.content { (r) throws(WireError) in try FieldDescriptor(&r) })
      case 0x1a:
        messages.append(try reader.content { (r) throws(WireError) in try MessageDescriptor(&r) })
      case 0x22:
        enums.append(try reader.content { (r) throws(WireError) in try EnumDescriptor(&r) })
      case 0x2a, 0x32:
        hasExtensions = true
        try reader.skip(tag)
      case 0x3a:
        isMapEntry = try reader.content { (r) throws(WireError) in try r.flag(of: 0x38) } ?? false
      case 0x42:
        oneofs.append(try reader.content { (r) throws(WireError) in try r.text(of: 0x0a) })
      default: try reader.skip(tag)
      }
    }
  }
}

struct FieldDescriptor {
  var name = ""
  var number: UInt32 = 0
  var isRepeated = false
  var type: Int32 = 0
  var typeName = ""
  var oneof: Int?
  var isOptional = false
  var packed: Bool?

  init(_ reader: inout WireReader) throws(WireError) {
    while let tag = try reader.nextTag() {
      switch tag {
      case 0x0a: name = try reader.string()
      case 0x18: number = try reader.uint32()
      case 0x20: isRepeated = try reader.int32() == 3
      case 0x28: type = try reader.int32()
      case 0x32: typeName = try reader.string()
      case 0x42: packed = try reader.content { (r) throws(WireError) in try r.flag(of: 0x10) }
      case 0x48: oneof = Int(try reader.int32())
      case 0x88: isOptional = try reader.bool()
      default: try reader.skip(tag)
      }
    }
  }
}

struct EnumDescriptor {
  struct Case {
    var name = ""
    var number: Int32 = 0

    init(_ reader: inout WireReader) throws(WireError) {
      while let tag = try reader.nextTag() {
        switch tag {
        case 0x0a: name = try reader.string()
        case 0x10: number = try reader.int32()
        default: try reader.skip(tag)
        }
      }
    }
  }

  var name = ""
  var cases: [Case] = []

  init(_ reader: inout WireReader) throws(WireError) {
    while let tag = try reader.nextTag() {
      switch tag {
      case 0x0a: name = try reader.string()
      case 0x12: cases.append(try reader.content { (r) throws(WireError) in try Case(&r) })
      default: try reader.skip(tag)
      }
    }
  }
}

struct ServiceDescriptor {
  var name = ""
  var methods: [String] = []

  init(_ reader: inout WireReader) throws(WireError) {
    while let tag = try reader.nextTag() {
      switch tag {
      case 0x0a: name = try reader.string()
      case 0x12:
        methods.append(try reader.content { (r) throws(WireError) in try r.text(of: 0x0a) })
      default: try reader.skip(tag)
      }
    }
  }
}

/// The comments at one place of a file; the path is made of field numbers and indexes, as
/// `descriptor.proto` explains.
struct CommentDescriptor {
  var path: [Int32] = []
  var leading = ""
  var trailing = ""

  init(_ reader: inout WireReader) throws(WireError) {
    while let tag = try reader.nextTag() {
      switch tag {
      case 0x0a:
        let outer = try reader.enter()
        while !reader.isAtEnd { path.append(try reader.int32()) }
        reader.leave(outer)
      case 0x1a: leading = try reader.string()
      case 0x22: trailing = try reader.string()
      default: try reader.skip(tag)
      }
    }
  }
}

extension WireReader {
  /// Reads a delimited field's content with `body`.
  mutating func content<Answer>(
    _ body: (inout WireReader) throws(WireError) -> Answer
  ) throws(WireError) -> Answer {
    let outer = try enter()
    let answer = try body(&self)
    leave(outer)
    return answer
  }

  /// The flag with the given tag, when the current message has it.
  mutating func flag(of wanted: UInt32) throws(WireError) -> Bool? {
    var flag: Bool?
    while let tag = try nextTag() {
      if tag == wanted { flag = try bool() } else { try skip(tag) }
    }
    return flag
  }

  /// The text with the given tag, or the empty one.
  mutating func text(of wanted: UInt32) throws(WireError) -> String {
    var text = ""
    while let tag = try nextTag() {
      if tag == wanted { text = try string() } else { try skip(tag) }
    }
    return text
  }
}
