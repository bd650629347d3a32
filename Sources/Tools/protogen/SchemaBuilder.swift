/// Settles names, resolves types and finds cycles, over all files at once.
struct SchemaBuilder {
  private struct Entry {
    /// The Swift name from the top level.
    var path: String
    /// For the entries of maps.
    var entry: MessageDescriptor?
    /// Of an enum: its case with the number 0.
    var zero = ""
  }

  /// Every message and enum, by the full name that descriptors use (`.package.Outer.Inner`).
  private var types: [String: Entry] = [:]
  /// Which messages a message holds in place, by Swift path: the edges that may close a cycle.
  private var held: [String: [String]] = [:]
  private let files: [FileDescriptor]

  init(_ files: [FileDescriptor]) throws(SchemaError) {
    self.files = files
    var topLevel: [String: String] = [:]
    for file in files {
      guard file.syntax == "proto3" else {
        throw SchemaError(message: "\(file.name) is not proto3; write syntax = \"proto3\"")
      }
      guard !file.hasExtensions else {
        throw SchemaError(message: "\(file.name) declares an extension; use a field instead")
      }
      let scope = file.package.isEmpty ? "" : ".\(file.package)"
      for message in file.messages { try register(message, scope: scope, path: []) }
      for open in file.enums { try register(open, scope: scope, path: []) }
      for name in file.messages.map(\.name) + file.enums.map(\.name)
        + file.services.map({ "\($0.name)Methods" })
      {
        if let other = topLevel.updateValue(file.name, forKey: name) {
          throw SchemaError(message: "\(name) is in \(other) and in \(file.name); rename one")
        }
      }
    }
    for path in types.values.map(\.path) {
      for part in path.split(separator: ".").dropFirst() where topLevel[String(part)] != nil {
        throw SchemaError(message: "\(path) would hide the type \(part); rename one")
      }
    }
    for file in files {
      for message in file.messages { try connect(message, scope: "." + file.package) }
    }
  }

  func schemas() throws(SchemaError) -> [Schema] {
    var schemas: [Schema] = []
    for file in files { schemas.append(try schema(of: file)) }
    return schemas
  }

  // MARK: Names and types

  private mutating func register(
    _ message: MessageDescriptor, scope: String, path: [String]
  ) throws(SchemaError) {
    let full = "\(scope).\(message.name)"
    let inner = path + [message.isMapEntry ? message.name : try Names.type(message.name)]
    guard !message.hasExtensions else {
      throw SchemaError(message: "\(full) allows extensions; use fields instead")
    }
    types[full] = Entry(
      path: inner.joined(separator: "."), entry: message.isMapEntry ? message : nil)
    for nested in message.messages { try register(nested, scope: full, path: inner) }
    for open in message.enums { try register(open, scope: full, path: inner) }
  }

  private mutating func register(
    _ open: EnumDescriptor, scope: String, path: [String]
  ) throws(SchemaError) {
    let name = try Names.type(open.name)
    guard let zero = open.cases.first(where: { $0.number == 0 }) else {
      throw SchemaError(message: "\(scope).\(open.name) has no case with the number 0; add one")
    }
    types["\(scope).\(open.name)"] = Entry(
      path: (path + [name]).joined(separator: "."),
      zero: try Names.enumCase(zero.name, of: open.name))
  }

  private mutating func connect(_ message: MessageDescriptor, scope: String) throws(SchemaError) {
    let full = "\(scope).\(message.name)"
    for field in message.fields where field.type == 11 && !field.isRepeated {
      held[try path(full), default: []].append(try path(field.typeName))
    }
    for nested in message.messages { try connect(nested, scope: full) }
  }

  private func path(_ fullName: String) throws(SchemaError) -> String {
    guard let type = types[fullName] else {
      throw SchemaError(message: "the type \(fullName) is in none of the files")
    }
    return type.path
  }

  /// Whether a value of `start` would hold another one in place.
  private func leads(from start: String, to goal: String) -> Bool {
    var waiting = [start]
    var seen: [String] = []
    while let next = waiting.popLast() {
      if next == goal { return true }
      guard !seen.contains(next) else { continue }
      seen.append(next)
      waiting += held[next] ?? []
    }
    return false
  }

  // MARK: Schemas

  private func schema(of file: FileDescriptor) throws(SchemaError) -> Schema {
    let comments = Comments(file.comments)
    let scope = file.package.isEmpty ? "" : ".\(file.package)"
    var schema = Schema(
      source: file.name, name: Names.file(file.name), messages: [], enums: [], services: [])
    for (index, message) in file.messages.enumerated() {
      schema.messages.append(
        try self.message(message, scope: scope, at: [4, Int32(index)], comments))
    }
    for (index, open) in file.enums.enumerated() {
      schema.enums.append(try self.open(open, at: [5, Int32(index)], comments))
    }
    for (index, service) in file.services.enumerated() {
      let place: [Int32] = [6, Int32(index)]
      var methods: [(name: String, swiftName: String, comment: [String])] = []
      for (number, method) in service.methods.enumerated() {
        let name = try Names.member(method)
        methods.append((method, name, comments.at(place + [2, Int32(number)])))
      }
      schema.services.append(
        Schema.Service(
          name: service.name,
          fullName: file.package.isEmpty ? service.name : "\(file.package).\(service.name)",
          comment: comments.at(place), methods: methods))
    }
    return schema
  }

  private func message(
    _ message: MessageDescriptor, scope: String, at place: [Int32], _ comments: Comments
  ) throws(SchemaError) -> Schema.Message {
    let full = "\(scope).\(message.name)"
    let path = try path(full)
    var result = Schema.Message(
      path: path, fullName: String(full.dropFirst()), name: try Names.type(message.name),
      comment: comments.at(place), fields: [],
      oneofs: [], messages: [], enums: [])
    for (index, field) in message.fields.enumerated() {
      let comment = comments.at(place + [2, Int32(index)])
      result.fields.append(try self.field(field, in: path, comment))
    }
    let synthetic = message.fields.filter(\.isOptional).compactMap(\.oneof)
    for (index, oneof) in message.oneofs.enumerated() where !synthetic.contains(index) {
      let members = message.fields.filter { $0.oneof == index && $0.type == 11 }
      var isIndirect = false
      for member in members where leads(from: try self.path(member.typeName), to: path) {
        isIndirect = true
      }
      result.oneofs.append(
        Schema.Oneof(
          name: try Names.member(oneof), typeName: try Names.type(oneof), isIndirect: isIndirect,
          comment: comments.at(place + [8, Int32(index)])))
    }
    for (index, nested) in message.messages.enumerated() where !nested.isMapEntry {
      result.messages.append(
        try self.message(nested, scope: full, at: place + [3, Int32(index)], comments))
    }
    for (index, open) in message.enums.enumerated() {
      result.enums.append(try self.open(open, at: place + [4, Int32(index)], comments))
    }
    try checkNames(of: result)
    return result
  }

  private func field(
    _ field: FieldDescriptor, in path: String, _ comment: [String]
  ) throws(SchemaError) -> Schema.Field {
    let type = try self.type(of: field)
    var shape = Schema.Field.Shape.plain
    if field.isRepeated, let entry = types[field.typeName]?.entry {
      guard let key = entry.fields.first(where: { $0.number == 1 }),
        let value = entry.fields.first(where: { $0.number == 2 })
      else {
        throw SchemaError(message: "the map \(path).\(field.name) has no key or no value")
      }
      guard key.type != 8 else {
        throw SchemaError(message: "the map \(path).\(field.name) has truth values as keys")
      }
      shape = .map(key: try self.type(of: key), value: try self.type(of: value))
    } else if field.isRepeated {
      shape = .repeated(isPacked: type.wireType != 2 && field.packed != false)
    } else if let oneof = field.oneof, !field.isOptional {
      // Synthetic oneofs, those of optional fields, come behind all others: indexes stay.
      shape = .oneof(oneof)
    } else if field.isOptional || type.isMessage {
      shape = .optional
    }
    var isBoxed = false
    if shape == .optional, case .message(let name) = type { isBoxed = leads(from: name, to: path) }
    return Schema.Field(
      name: try Names.member(field.name), number: field.number, type: type, shape: shape,
      isBoxed: isBoxed, comment: comment)
  }

  private func type(of field: FieldDescriptor) throws(SchemaError) -> FieldType {
    let name = field.typeName.isEmpty ? "" : try path(field.typeName)
    let zero = types[field.typeName]?.zero ?? ""
    guard let type = FieldType(number: field.type, named: name, zero: zero) else {
      throw SchemaError(message: "the field \(field.name) has the type \(field.type): no groups")
    }
    return type
  }

  private func open(
    _ open: EnumDescriptor, at place: [Int32], _ comments: Comments
  ) throws(SchemaError) -> Schema.OpenEnum {
    var cases: [Schema.OpenEnum.Case] = []
    for (index, member) in open.cases.enumerated() {
      let name = try Names.enumCase(member.name, of: open.name)
      guard name != "unrecognized", !cases.contains(where: { $0.name == name }) else {
        throw SchemaError(message: "\(open.name) has two cases \(name); rename one")
      }
      guard !cases.contains(where: { $0.number == member.number }) else {
        throw SchemaError(message: "\(open.name).\(name) is an alias; remove it")
      }
      cases.append(
        Schema.OpenEnum.Case(
          name: name, number: member.number, comment: comments.at(place + [2, Int32(index)])))
    }
    return Schema.OpenEnum(
      name: try Names.type(open.name), comment: comments.at(place), cases: cases)
  }

  private func checkNames(of message: Schema.Message) throws(SchemaError) {
    let types =
      message.messages.map(\.name) + message.enums.map(\.name)
      + message.oneofs.map(\.typeName)
    let fields = message.fields.filter { if case .oneof = $0.shape { false } else { true } }
    for names in [types, fields.map(\.name) + message.oneofs.map(\.name)] {
      for (index, name) in names.enumerated() where names[..<index].contains(name) {
        throw SchemaError(message: "\(message.path) has two things called \(name); rename one")
      }
    }
  }
}

/// The comments of a file by their place.
struct Comments {
  private var byPlace: [[Int32]: [String]] = [:]

  init(_ comments: [CommentDescriptor]) {
    for comment in comments {
      let text = comment.leading.isEmpty ? comment.trailing : comment.leading
      var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        var line = line
        while line.last == " " { line.removeLast() }
        return String(line.first == " " ? line.dropFirst() : line)
      }
      while lines.last?.isEmpty == true { lines.removeLast() }
      if !lines.isEmpty { byPlace[comment.path] = lines }
    }
  }

  func at(_ place: [Int32]) -> [String] { byPlace[place] ?? [] }
}
