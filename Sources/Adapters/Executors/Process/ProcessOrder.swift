internal import Domain

/// A program with everything that its start needs.
struct ProcessOrder: Hashable {
  var program: String
  var directory: String
  var arguments: [String]
  var environment: SortedMap<String, String>

  /// Why no program can be started with these strings; nil when it can.
  var fault: String? {
    for argument in arguments where argument.utf8.contains(0) {
      return "argument \(argument.debugDescription) contains a NUL byte"
    }
    for (name, value) in environment {
      if name.isEmpty || name.utf8.contains(UInt8(ascii: "=")) || name.utf8.contains(0) {
        return "\(name.debugDescription) cannot be the name of an environment variable"
      }
      if value.utf8.contains(0) {
        return "the environment variable \(name) contains a NUL byte"
      }
    }
    return nil
  }

  /// As `millrace_tree_launch` wants it.
  func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    for count in [arguments.count, environment.count] {
      withUnsafeBytes(of: UInt32(clamping: count)) { bytes.append(contentsOf: $0) }
    }
    let strings =
      [program, directory] + arguments + environment.map { "\($0.key)=\($0.value)" }
    for string in strings {
      bytes.append(contentsOf: string.utf8)
      bytes.append(0)
    }
    return bytes
  }
}
