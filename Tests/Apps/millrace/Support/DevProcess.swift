import Domain
import Foundation
import Glibc
import Ports
import SystemAdapter
import Testing

/// `millrace dev` as a process of its own, on a free port, with settings of its own.
final class DevProcess: Sendable {
  let files: Folder
  let child: Child
  let url: String

  private init(_ files: Folder, _ child: Child, _ url: String) {
    self.files = files
    self.child = child
    self.url = url
  }

  /// Returns when requests are answered.
  static func start(
    _ options: [String] = [], port: String = "0", in given: Folder? = nil,
    environment: [String: String] = [:]
  ) async throws -> DevProcess {
    let files = try given ?? Folder()
    let command = Command(
      arguments: ["dev", "--port", port] + options, environment: environment)
    let child = try await command.start(files)
    let isReady = try await eventually { !child.isRunning || files.read("out").contains("API") }
    guard isReady, child.isRunning else {
      throw CommandFailure(what: "dev did not start: \(files.read("err"))")
    }
    let words = files.read("out").split(whereSeparator: \.isWhitespace).map(String.init)
    let url = words.first { $0.hasPrefix("http://") }?.replacing("/v1", with: "") ?? ""
    return DevProcess(files, child, url)
  }

  var port: String { String(url.split(separator: ":").last ?? "") }

  /// A client with the settings of this server.
  func call(_ arguments: String..., input: String = "") -> Command {
    Command(
      arguments: arguments, environment: ["XDG_CONFIG_HOME": files.path], input: Array(input.utf8))
  }

  func run(_ arguments: String..., input: String = "") async throws -> Command.Ending {
    try await Command(
      arguments: arguments, environment: ["XDG_CONFIG_HOME": files.path], input: Array(input.utf8)
    ).run()
  }

  /// Ends it as a supervisor does.
  func stop() async -> Int32 {
    child.send(SIGTERM)
    return await child.ended()
  }
}

/// Waits until a condition holds; false when it did not in time.
func eventually(
  within: Duration = .seconds(30), _ condition: @Sendable () async throws -> Bool
) async throws -> Bool {
  let loop = try EventLoop(name: "eventually")
  loop.start()
  defer { loop.stop() }
  let time = SystemTime(on: loop)
  let deadline = time.uptime() + within
  while try await !condition() {
    guard time.uptime() < deadline else { return false }
    try await time.sleep(for: .milliseconds(20))
  }
  return true
}

/// Definitions that tests start.
enum Sample {
  static let fails = "version: 1\nid: fails\ntasks: {a: {run: [sh, -c, echo no; exit 3]}}\n"
  static let slow = "version: 1\nid: slow\ntasks: {a: {run: [sleep, \"600\"]}}\n"
  /// Its task ends when a file is there.
  static func waiting(for file: String) -> String {
    """
    version: 1
    id: waits
    tasks:
      a: {run: [sh, -c, "while [ ! -e \(file) ]; do sleep 0.1; done"]}

    """
  }
  static let times = """
    version: 1
    id: times
    timeout: 1s
    tasks: {a: {run: [sleep, "600"], timeout: {grace: 1s}}}

    """
}
