internal import Domain
internal import Glibc
internal import Ports
internal import SystemAdapter

/// The words that make an engine run one attempt, and the files that it reads.
///
/// Values of the environment stand in a file that only the worker reads, never among the words,
/// which everybody on the machine sees.
struct ContainerCommand: Sendable {
  /// Where the attempt's directory is inside.
  static let inside = "/millrace"

  let order: WorkOrder
  let container: TaskContainer
  let program: WorkOrder.Program
  let name: ContainerName
  /// Who it runs as.
  let user: (id: UInt32, group: UInt32)
  let processesMax: Int
  /// Whether the user outside is the same as inside although nobody here is root.
  let keepsUser: Bool

  /// Why no container can be started with these texts; nil when one can.
  var fault: String? {
    for (name, value) in order.environment {
      let isName =
        !name.isEmpty && name.utf8.first != UInt8(ascii: "#")
        && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x3d && $0 != 0x7f && $0 != 0x2a }
      guard isName else {
        return "\(name.debugDescription) cannot be the name of a variable in a container"
      }
      guard value.utf8.allSatisfy({ $0 != 0 && $0 != 0x0a && $0 != 0x0d }) else {
        return "the variable \(name) has a line break, which engines of containers do not take"
      }
    }
    let words =
      switch program {
      case .run(let argv): argv
      case .script(_, let interpreter): interpreter
      }
    guard let first = words.first, !first.isEmpty else { return "the task names no program" }
    guard words.allSatisfy({ !$0.utf8.contains(0) }) else { return "an argument has a NUL byte" }
    return nil
  }

  /// Writes what the engine reads, and says the words behind the engine's own name.
  func prepare(_ directory: AttemptDirectory) throws(SystemFailure) -> [String] {
    guard !directory.path.utf8.contains(where: { $0 == 0x2c || $0 == 0x22 || $0 == 0x0a }) else {
      throw SystemFailure(EINVAL, "mounting a folder with a comma in its name")
    }
    var command: [String]
    switch program {
    case .run(let argv): command = argv
    case .script(let text, let interpreter):
      try directory.writeScript(text)
      command = interpreter + ["\(Self.inside)/script"]
    }
    try directory.write(environmentFile, to: directory.environment)
    try give(directory.path)
    try give(directory.temporary)
    try giveAll(directory.work)
    if case .script = program { try give(directory.script) }
    let entry = command.removeFirst()
    return options(directory) + ["--entrypoint", entry, container.image] + command
  }

  private func options(_ directory: AttemptDirectory) -> [String] {
    var words = [
      "run", "--rm", "--name", name.text, "--label", "io.millrace.attempt=\(order.attempt)",
      "--user", "\(user.id):\(user.group)", "--cap-drop", "ALL", "--security-opt",
      "no-new-privileges", "--read-only",
      "--tmpfs", "/tmp", "--pids-limit", "\(container.processesMax ?? processesMax)",
    ]
    // Without a word the engine does what it does by itself.
    if container.network == .none { words += ["--network", "none"] }
    if keepsUser { words += ["--userns", "keep-id"] }
    if let memory = container.memoryMebibytesMax {
      words += ["--memory", "\(memory)m", "--memory-swap", "\(memory)m"]
    }
    if let processors = container.processorsMax { words += ["--cpus", processors.text] }
    return words + [
      "--mount", "type=bind,source=\(directory.path),target=\(Self.inside)",
      "--workdir", "\(Self.inside)/work", "--env-file", directory.environment,
    ]
  }

  private var environmentFile: String {
    let own: SortedMap<String, String> = [
      "HOME": "\(Self.inside)/work", "TMPDIR": "\(Self.inside)/tmp",
      "MILLRACE_OUTPUTS": "\(Self.inside)/outputs",
    ]
    var all = SortedMap(own.map { ($0.key, $0.value) } + order.environment.map { $0 })
    all["MILLRACE_OUTPUTS"] = own["MILLRACE_OUTPUTS"]
    return all.map { "\($0.key)=\($0.value)\n" }.joined()
  }

  /// A worker that is root gives its folder to whom the program runs as.
  private func give(_ path: String) throws(SystemFailure) {
    guard geteuid() == 0 else { return }
    guard lchown(path, user.id, user.group) == 0 else { throw .last("giving away \(path)") }
  }

  /// A folder with the files that were brought into it.
  private func giveAll(_ path: String, depth: Int = 0) throws(SystemFailure) {
    try give(path)
    guard geteuid() == 0, depth < AttemptFolder.depthMax, let list = opendir(path) else { return }
    defer { closedir(list) }
    while let entry = readdir(list) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name != ".", name != ".." else { continue }
      let isFolder = entry.pointee.d_type == UInt8(DT_DIR)
      if isFolder {
        try giveAll("\(path)/\(name)", depth: depth + 1)
      } else {
        try give("\(path)/\(name)")
      }
    }
  }
}
