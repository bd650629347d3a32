/// Writes one message as a struct: its properties, initialisers and types; coding is in
/// `CodingEmitter`.
struct MessageEmitter {
  private let message: Schema.Message

  init(_ message: Schema.Message) {
    self.message = message
  }

  func emit(into out: inout SwiftText) {
    out.comment(message.comment)
    out.block("public struct \(message.name): WireMessage") { out in
      emitTypes(into: &out)
      emitProperties(into: &out)
      out.line()
      out.line("public init() {}")
      emitInitialiser(into: &out)
      out.line()
      CodingEmitter(message).emit(into: &out)
    }
  }

  private func emitTypes(into out: inout SwiftText) {
    for open in message.enums {
      FileEmitter.emit(open, into: &out)
      out.line()
    }
    for (index, oneof) in message.oneofs.enumerated() {
      out.comment(oneof.comment)
      let head = oneof.isIndirect ? "public indirect enum" : "public enum"
      out.block("\(head) \(oneof.typeName): Hashable, Sendable") { out in
        for field in message.fields where field.shape == .oneof(index) {
          out.comment(field.comment)
          out.line("case \(field.name)(\(field.type.swiftName))")
        }
      }
      out.line()
    }
    for nested in message.messages {
      MessageEmitter(nested).emit(into: &out)
      out.line()
    }
  }

  private func emitProperties(into out: inout SwiftText) {
    for property in properties {
      out.comment(property.comment)
      if property.isBoxed {
        out.block("public var \(property.name): \(property.type)") { out in
          out.line("get { \(property.box).first }")
          out.line("set { \(property.box) = newValue.map { [$0] } ?? [] }")
        }
      } else {
        out.line("public var \(property.name): \(property.type)\(property.initialValue)")
      }
    }
    out.line("public var unknownFields = UnknownFields()")
    for property in properties where property.isBoxed {
      out.line("private var \(property.box): [\(property.type.dropLast())] = []")
    }
  }

  private func emitInitialiser(into out: inout SwiftText) {
    let properties = properties
    guard !properties.isEmpty else { return }
    out.line()
    out.line("public init(")
    out.inset { out in
      for (index, property) in properties.enumerated() {
        let comma = index == properties.count - 1 ? "" : ","
        let value = property.initialValue.isEmpty ? " = nil" : property.initialValue
        out.line("\(property.name): \(property.type)\(value)\(comma)")
      }
    }
    out.block(")") { out in
      for property in properties { out.line("self.\(property.name) = \(property.name)") }
    }
  }

  private struct Property {
    var name: String
    var type: String
    /// Empty for optionals, which start as nil by themselves.
    var initialValue: String
    var isBoxed: Bool
    var comment: [String]

    var box: String { "\(name.filter { $0 != "`" })Box" }
  }

  /// A oneof is one property, at the place of its first field.
  private var properties: [Property] {
    var properties: [Property] = []
    var seen: [Int] = []
    for field in message.fields {
      switch field.shape {
      case .oneof(let index) where seen.contains(index):
        continue
      case .oneof(let index):
        seen.append(index)
        let oneof = message.oneofs[index]
        properties.append(
          Property(
            name: oneof.name, type: "\(oneof.typeName)?", initialValue: "", isBoxed: false,
            comment: oneof.comment))
      default:
        let (type, initialValue) = field.propertyType
        properties.append(
          Property(
            name: field.name, type: type, initialValue: initialValue, isBoxed: field.isBoxed,
            comment: field.comment))
      }
    }
    return properties
  }
}

extension Schema.Field {
  /// The property's type and what it starts with.
  fileprivate var propertyType: (type: String, initialValue: String) {
    switch shape {
    case .plain: (type.swiftName, " = \(type.defaultValue)")
    case .optional, .oneof: ("\(type.swiftName)?", "")
    case .repeated: ("[\(type.swiftName)]", " = []")
    case .map(let key, let value): ("SortedMap<\(key.swiftName), \(value.swiftName)>", " = [:]")
    }
  }
}
