/// The command line.
struct Options {
  var descriptor = ""
  var output = ""
  /// Only files below this path are written; the others are there to be referred to.
  var only = ""

  init(_ arguments: some Sequence<String>) throws(SchemaError) {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      guard let value = rest.popFirst() else {
        throw SchemaError(message: "\(name) needs a value")
      }
      switch name {
      case "--descriptor": descriptor = value
      case "--output": output = value
      case "--only": only = value
      default: throw SchemaError(message: "\(name) is no option; there are \(Self.names)")
      }
    }
    guard !descriptor.isEmpty, !output.isEmpty else {
      throw SchemaError(message: "--descriptor FILE and --output DIR are needed")
    }
  }

  private static let names = "--descriptor, --output and --only"
}
