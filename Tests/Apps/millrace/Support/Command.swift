import Foundation
import Glibc
import SystemAdapter

/// One call of the built command line, as its user makes it.
struct Command: Sendable {
  var arguments: [String]
  var environment: [String: String] = [:]
  var directory: String?
  var input: [UInt8] = []

  struct Ending: Sendable {
    /// The exit code; 128 + the signal when one ended it.
    var code: Int32
    var out: String
    var err: String
  }

  /// Beside the program of the tests, where the build puts it.
  static let program: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(filePath: own).deletingLastPathComponent().appending(path: "millrace").path
  }()

  /// Runs it to its end, with nothing of this process's settings.
  func run() async throws -> Ending {
    let files = try Folder()
    try files.write("in", String(decoding: input, as: UTF8.self))
    let child = try await start(files)
    let code = await child.ended()
    return Ending(code: code, out: files.read("out"), err: files.read("err"))
  }

  /// Starts it with its output in the files `out` and `err` of a folder.
  func start(_ files: Folder) async throws -> Child {
    var variables = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "XDG_CONFIG_HOME": files.path]
    variables.merge(environment) { $1 }
    return try await Child.start(
      [Command.program] + arguments, variables, in: directory ?? files.path, files)
  }
}

/// A folder of one test, removed with all that is in it.
final class Folder: Sendable {
  let path: String

  init() throws {
    var name = Array("/tmp/millrace-apps-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { throw CommandFailure(what: "mkdtemp: \(errno)") }
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func read(_ name: String) -> String {
    (try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)) ?? ""
  }

  @discardableResult
  func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws -> String {
    let file = "\(path)/\(name)"
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    chmod(file, mode)
    return file
  }
}

struct CommandFailure: Error {
  var what: String
}

/// A child process, which ends with this object and with the process of the tests.
final class Child: Sendable {
  let pid: pid_t
  private let exit: Monitor<Int32?>

  private init(_ pid: pid_t) throws {
    self.pid = pid
    let exit = Monitor<Int32?>(nil)
    self.exit = exit
    try OwnThread("reaper") {
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      let signal = status & 0x7f
      exit.withLock { $0 = signal == 0 ? (status >> 8) & 0xff : 128 + signal }
      exit.signalAll()
    }.detach()
  }

  deinit {
    guard exit.withLock({ $0 }) == nil else { return }
    kill(pid, SIGKILL)
    _ = exit.wait { code in code.map { .done($0) } ?? .wait }
  }

  /// Starts a program from a thread that lives as long as this process: the child dies when that
  /// thread does.
  static func start(
    _ words: [String], _ variables: [String: String], in directory: String, _ files: Folder
  ) async throws -> Child {
    try await Nursery.shared.run {
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      let input = FileManager.default.fileExists(atPath: files.path + "/in")
      posix_spawn_file_actions_addopen(
        &actions, 0, input ? files.path + "/in" : "/dev/null", O_RDONLY, 0)
      for (descriptor, name) in [(Int32(1), "out"), (2, "err")] {
        posix_spawn_file_actions_addopen(
          &actions, descriptor, "\(files.path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
      }
      var attributes = posix_spawnattr_t()
      posix_spawnattr_init(&attributes)
      defer { posix_spawnattr_destroy(&attributes) }
      var none = sigset_t()
      sigemptyset(&none)
      var defaults = sigset_t()
      sigemptyset(&defaults)
      sigaddset(&defaults, SIGPIPE)
      posix_spawnattr_setsigmask(&attributes, &none)
      posix_spawnattr_setsigdefault(&attributes, &defaults)
      posix_spawnattr_setflags(
        &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
      let guarded =
        ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", "/usr/bin/env", "-C", directory] + words
      let argv = guarded.map { strdup($0) } + [nil]
      let environ = variables.map { strdup("\($0)=\($1)") } + [nil]
      defer { for text in argv + environ { free(text) } }
      var pid = pid_t()
      let code = posix_spawn(&pid, "/usr/bin/setpriv", &actions, &attributes, argv, environ)
      guard code == 0 else { throw CommandFailure(what: "starting \(words): \(code)") }
      return try Child(pid)
    }
  }

  /// The exit code, or 128 + the signal.
  func ended() async -> Int32 {
    await withCheckedContinuation { continuation in
      let exit = exit
      do {
        try OwnThread("waiting") {
          continuation.resume(returning: exit.wait { code in code.map { .done($0) } ?? .wait })
        }.detach()
      } catch {
        continuation.resume(returning: -1)
      }
    }
  }

  func send(_ signal: Int32) { kill(pid, signal) }

  var isRunning: Bool { exit.withLock { $0 } == nil }
}

/// The one thread that starts children.
private final class Nursery: Sendable {
  static let shared = Nursery()
  private let orders = Monitor<[@Sendable () -> Void]>([])

  private init() {
    let orders = orders
    let thread = try? OwnThread("nursery") {
      while true {
        let order: @Sendable () -> Void = orders.wait { waiting in
          waiting.isEmpty ? .wait : .done(waiting.removeFirst())
        }
        order()
      }
    }
    thread?.detach()
  }

  func run<Answer: Sendable>(_ body: @escaping @Sendable () throws -> Answer) async throws -> Answer
  {
    try await withCheckedThrowingContinuation { continuation in
      orders.withLock { $0.append { continuation.resume(with: Result { try body() }) } }
      orders.signal()
    }
  }
}
