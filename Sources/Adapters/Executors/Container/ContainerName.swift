internal import Domain
internal import Glibc

/// The name of a container: by it whoever comes later knows whose it is, and whether they live.
///
/// `millrace.MACHINE.PROCESS.START.RUN.TASK.FENCE`: process and start are those of the worker.
struct ContainerName: Hashable {
  let text: String
  let owner: ContainerOwner

  init(_ attempt: AttemptID, of owner: ContainerOwner) {
    let index = attempt.task.index.map { "-\($0)" } ?? ""
    self.owner = owner
    text =
      "\(owner.prefix)\(owner.process).\(owner.startedAt).\(attempt.run).\(attempt.task.name)"
      + "\(index).\(attempt.fence)"
  }

  /// Nil for what no worker of this machine has named.
  init?(_ text: String, on machine: String) {
    let prefix = ContainerOwner.prefix(of: machine)
    guard text.hasPrefix(prefix) else { return nil }
    let parts = text.dropFirst(prefix.count).split(separator: ".", maxSplits: 2)
    guard parts.count == 3, let process = Int32(parts[0]), let startedAt = UInt64(parts[1]) else {
      return nil
    }
    self.text = text
    owner = ContainerOwner(machine: machine, process: process, startedAt: startedAt)
  }
}

/// A worker process on a machine, told apart from every later one with the same number.
struct ContainerOwner: Hashable, Sendable {
  var machine: String
  var process: Int32
  /// Ticks from the start of the machine.
  var startedAt: UInt64

  /// What all names begin with that workers of this machine give.
  var prefix: String { ContainerOwner.prefix(of: machine) }

  static func prefix(of machine: String) -> String { "millrace.\(machine)." }

  /// This process.
  static func current() -> ContainerOwner {
    ContainerOwner(
      machine: machineName, process: getpid(), startedAt: startOf(process: getpid()) ?? 0)
  }

  var isAlive: Bool { ContainerOwner.startOf(process: process) == startedAt }

  /// The machine's own name, of letters, digits and hyphens.
  private static var machineName: String {
    var bytes = [CChar](repeating: 0, count: 256)
    guard gethostname(&bytes, bytes.count - 1) == 0 else { return "machine" }
    let name = bytes.prefix { $0 != 0 }.prefix(64).map { byte -> UInt8 in
      let byte = UInt8(bitPattern: byte)
      let isPlain =
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
        || (0x61...0x7a).contains(byte)
      return isPlain ? byte : UInt8(ascii: "-")
    }
    return name.isEmpty ? "machine" : String(decoding: name, as: UTF8.self)
  }

  /// When a process was started; nil when there is none with this number.
  private static func startOf(process: Int32) -> UInt64? {
    let file = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = read(file, &bytes, bytes.count)
    guard count > 0 else { return nil }
    // The name of the program stands in parentheses and may hold anything.
    let text = String(decoding: bytes.prefix(count), as: UTF8.self)
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    // The 22nd field of all; these begin with the third.
    return fields.count > 19 ? UInt64(fields[19]) : nil
  }
}
