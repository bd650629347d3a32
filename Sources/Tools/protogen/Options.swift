/// The command line.
struct Options {
  var descriptor = ""
  var output = ""
  /// When not empty, the name of an enum that lists every message.
  var catalogue = ""

  init(_ arguments: some Sequence<String>) throws(SchemaError) {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      guard let value = rest.popFirst() else {
        throw SchemaError(message: "\(name) needs a value")
      }
      switch name {
      case "--descriptor": descriptor = value
      case "--output": output = value
      case "--catalogue": catalogue = value
      default: throw SchemaError(message: "\(name) is no option; there are \(Self.names)")
      }
    }
    guard !descriptor.isEmpty, !output.isEmpty else {
      throw SchemaError(message: "--descriptor FILE and --output DIR are needed")
    }
  }

  private static let names = "--descriptor, --output and --catalogue"
}
