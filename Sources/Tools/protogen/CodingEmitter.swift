/// Writes a message's `encode` and `decode`.
struct CodingEmitter {
  private let message: Schema.Message

  init(_ message: Schema.Message) {
    self.message = message
  }

  func emit(into out: inout SwiftText) {
    out.block("public func encode(into writer: inout WireWriter)") { out in
      for field in message.fields.sorted(by: { $0.number < $1.number }) {
        emitEncoding(of: field, into: &out)
      }
      out.line("if !unknownFields.isEmpty { writer.unknown(unknownFields) }")
    }
    out.line()
    out.block("public mutating func decode(from reader: inout WireReader) throws(WireError)") {
      out in
      for field in message.fields {
        guard case .map(let key, let value) = field.shape else { continue }
        out.line("var \(entries(of: field)): [(\(key.swiftName), \(value.swiftName))] = []")
      }
      out.block("while let tag = try reader.nextTag()") { out in
        out.line("switch tag {")
        for field in message.fields { emitDecoding(of: field, into: &out) }
        out.line("default: try reader.unknown(tag, &unknownFields)")
        out.line("}")
      }
      for field in message.fields {
        guard case .map = field.shape else { continue }
        out.line("\(access(field.name)).merge(\(entries(of: field)))")
      }
    }
  }

  // MARK: Encoding

  private func emitEncoding(of field: Schema.Field, into out: inout SwiftText) {
    let name = access(field.name)
    switch field.shape {
    case .plain:
      out.line("if \(field.type.isNotDefault(name)) { \(write(field, name)) }")
    case .optional:
      let bound = field.name == name ? "let \(name)" : "let item = \(name)"
      let value = field.name == name ? name : "item"
      out.line("if \(bound) { \(write(field, value)) }")
    case .oneof(let index):
      let oneof = access(message.oneofs[index].name)
      out.line("if case .\(field.name)(let item)? = \(oneof) { \(write(field, "item")) }")
    case .repeated(isPacked: false):
      out.line("for item in \(name) { \(write(field, "item")) }")
    case .repeated(isPacked: true):
      let (method, argument) = field.type.writing("item")
      out.block("if !\(name).isEmpty") { out in
        out.line("let mark = writer.begin(\(field.number))")
        out.line("for item in \(name) { writer.\(method)(\(argument)) }")
        out.line("writer.end(mark)")
      }
    case .map(let key, let value):
      let (keyMethod, keyArgument) = key.writing("entry.key")
      let (valueMethod, valueArgument) = value.writing("entry.value")
      out.block("for entry in \(name)") { out in
        out.line("let mark = writer.begin(\(field.number))")
        out.line("writer.\(keyMethod)(1, \(keyArgument))")
        out.line("writer.\(valueMethod)(2, \(valueArgument))")
        out.line("writer.end(mark)")
      }
    }
  }

  private func write(_ field: Schema.Field, _ value: String) -> String {
    let (method, argument) = field.type.writing(value)
    return "writer.\(method)(\(field.number), \(argument))"
  }

  // MARK: Decoding

  private func emitDecoding(of field: Schema.Field, into out: inout SwiftText) {
    let name = access(field.name)
    let tag = field.number << 3
    switch field.shape {
    case .plain, .optional:
      out.line("case \(tag | field.type.wireType): \(read(field.type, into: name))")
    case .oneof(let index):
      emitOneof(field, of: message.oneofs[index], into: &out)
    case .repeated where field.type.isMessage:
      out.line("case \(tag | 2): try reader.message(appendingTo: &\(name))")
    case .repeated:
      out.line(
        "case \(tag | field.type.wireType): \(name).append(try \(field.type.reading))")
      guard field.type.wireType != 2 else { return }
      out.line("case \(tag | 2):")
      out.inset { out in
        out.line("let outer = try reader.enter()")
        out.line("while !reader.isAtEnd { \(name).append(try \(field.type.reading)) }")
        out.line("reader.leave(outer)")
      }
    case .map(let key, let value):
      out.line("case \(tag | 2):")
      out.inset { out in emitEntry(of: field, key, value, into: &out) }
    }
  }

  private func emitOneof(
    _ field: Schema.Field, of oneof: Schema.Oneof, into out: inout SwiftText
  ) {
    let name = access(oneof.name)
    let head = "case \(field.number << 3 | field.type.wireType):"
    guard field.type.isMessage else {
      out.line("\(head) \(name) = .\(field.name)(try \(field.type.reading))")
      return
    }
    out.line(head)
    out.inset { out in
      out.line("var item = \(field.type.swiftName)()")
      out.line("if case .\(field.name)(let known)? = \(name) { item = known }")
      out.line("try reader.message(&item)")
      out.line("\(name) = .\(field.name)(item)")
    }
  }

  private func emitEntry(
    of field: Schema.Field, _ key: FieldType, _ value: FieldType, into out: inout SwiftText
  ) {
    out.line("let outer = try reader.enterEntry()")
    out.line("var entry = (key: \(key.typedDefault), value: \(value.typedDefault))")
    out.block("while let tag = try reader.nextTag()") { out in
      out.line("switch tag {")
      out.line("case \(8 | key.wireType): \(read(key, into: "entry.key"))")
      out.line("case \(16 | value.wireType): \(read(value, into: "entry.value"))")
      out.line("default: try reader.skip(tag)")
      out.line("}")
    }
    out.line("reader.leave(outer)")
    out.line("\(entries(of: field)).append(entry)")
  }

  private func read(_ type: FieldType, into target: String) -> String {
    type.isMessage
      ? "try reader.message(&\(target))" : "\(target) = try \(type.reading)"
  }

  // MARK: Names

  private func entries(of field: Schema.Field) -> String {
    "\(field.name.filter { $0 != "`" })Entries"
  }

  /// How the coding functions name a property: with `self` where a local one would hide it.
  private func access(_ name: String) -> String {
    let locals = ["writer", "reader", "tag", "outer", "entry", "mark", "item", "known"]
    return locals.contains(name) || name.hasSuffix("Entries") ? "self.\(name)" : name
  }
}
