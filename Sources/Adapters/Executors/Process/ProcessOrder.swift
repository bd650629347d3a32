internal import Domain

/// What a program may have, beside what each gets: no core file, and 1024 open files. Limits of the
/// system that are lower hold.
public struct ProcessLimits: Hashable, Sendable {
  /// Address space of each process.
  public var memoryBytesMax: UInt64?
  /// Size of each file that is written.
  public var fileBytesMax: UInt64?
  /// Processes and threads of the worker's user together. The kernel does not hold root to it.
  public var processesMax: UInt64?

  public init(
    memoryBytesMax: UInt64? = nil, fileBytesMax: UInt64? = nil, processesMax: UInt64? = nil
  ) {
    self.memoryBytesMax = memoryBytesMax
    self.fileBytesMax = fileBytesMax
    self.processesMax = processesMax
  }
}

/// A program with everything that its start needs.
struct ProcessOrder: Hashable {
  var program: String
  var directory: String
  /// Where all attempts have their files, and the part of it that the program sees.
  var hidden: String
  var shown: String
  var limits = ProcessLimits()
  /// Whether system calls fail that programs of tasks have no need of.
  var isFiltered = false
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
    for limit in [limits.memoryBytesMax, limits.fileBytesMax, limits.processesMax] {
      withUnsafeBytes(of: limit ?? .max) { bytes.append(contentsOf: $0) }
    }
    withUnsafeBytes(of: UInt64(isFiltered ? 1 : 0)) { bytes.append(contentsOf: $0) }
    let strings =
      [program, directory, hidden, shown] + arguments + environment.map { "\($0.key)=\($0.value)" }
    for string in strings {
      bytes.append(contentsOf: string.utf8)
      bytes.append(0)
    }
    return bytes
  }
}
