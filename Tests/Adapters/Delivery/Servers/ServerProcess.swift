import Foundation
import Glibc
import SystemAdapter
import TestSupport

/// One of the servers of scripts/servers as a child of the test, with a folder of its own. It ends
/// when this object does.
///
/// Nothing here blocks a thread that tests share: two of them waiting for a child to come up or to
/// go would hold up every other test.
final class ServerProcess: Sendable {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  let port: Int
  let folder: URL
  private let pid: pid_t
  private let channel: Int32

  var log: URL { folder.appending(path: "log") }
  var certificate: String { folder.appending(path: "certificate.pem").path }

  private init(port: Int, folder: URL, pid: pid_t, channel: Int32) {
    self.port = port
    self.folder = folder
    self.pid = pid
    self.channel = channel
  }

  /// - Parameter arguments: given the server's log and folder.
  static func start(
    _ script: String, _ arguments: (_ log: String, _ folder: String) -> [String]
  ) async throws -> ServerProcess {
    let (words, folder) = try prepare(script, arguments)
    return try await withCheckedThrowingContinuation { continuation in
      do {
        try OwnThread("server-start") {
          continuation.resume(with: Result { try spawn(script, words, folder) })
        }.detach()
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  /// Starts it from this thread, and with what this thread has: blocks until it is up.
  static func startHere(
    _ script: String, _ arguments: (_ log: String, _ folder: String) -> [String]
  ) throws -> ServerProcess {
    let (words, folder) = try prepare(script, arguments)
    return try spawn(script, words, folder)
  }

  private static func prepare(
    _ script: String, _ arguments: (_ log: String, _ folder: String) -> [String]
  ) throws -> (words: [String], folder: URL) {
    let root = URL(filePath: FileManager.default.currentDirectoryPath)
    let python = root.appending(path: ".venv/bin/python3")
    guard FileManager.default.isExecutableFile(atPath: python.path) else {
      throw Failure(description: "there is no .venv: run `make setup`")
    }
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "millrace-delivery-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let words =
      [python.path, root.appending(path: "scripts/servers/\(script)").path]
      + arguments(folder.appending(path: "log").path, folder.path)
    return (words, folder)
  }

  private static func spawn(_ script: String, _ words: [String], _ folder: URL) throws
    -> ServerProcess
  {
    // What the server reads and prints; closed in children that other tests start.
    let closeOnExec = Int32(0o200_0000)
    var ends = [Int32](repeating: -1, count: 2)
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0, &ends) == 0 else {
      throw Failure(description: "no pair of sockets: \(errno)")
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    let argv = words.map { strdup($0) } + [nil]
    defer { for word in argv { free(word) } }
    var pid = pid_t()
    let code = posix_spawn(&pid, words[0], &actions, nil, argv, environ)
    close(ends[1])
    guard code == 0 else {
      close(ends[0])
      throw Failure(description: "\(script) cannot be started: \(code)")
    }
    let said = line(ends[0])
    let port = Int(said) ?? 0
    let server = ServerProcess(port: port, folder: folder, pid: pid, channel: ends[0])
    guard port > 0 else { throw Failure(description: "\(script) says '\(said)'") }
    return server
  }

  /// The first line of what a descriptor gives, without its end; what there is when it ends before.
  private static func line(_ descriptor: Int32) -> String {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
    return String(decoding: line, as: UTF8.self)
  }

  deinit {
    close(channel)
    kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    try? FileManager.default.removeItem(at: folder)
  }

  /// What the server has written down, in order.
  func records<Record: Decodable>(_ type: Record.Type = Record.self) throws -> [Record] {
    guard let content = try? Data(contentsOf: log) else { return [] }
    return try content.split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(Record.self, from: $0)
    }
  }
}

/// A mail as the server saw it.
struct MailRecord: Decodable {
  var from: String
  var to: [String]
  var isSecure: Bool
  var isLoggedIn: Bool
  var messageID: String
  var subject: String
  var date: String
  var sender: String
  var text: String
  var html: String
  var raw: String
}

/// A message as the receiver saw it.
struct WebhookRecord: Decodable {
  var path: String
  var fields: [[String]]
  var body: String

  var bytes: [UInt8] { Data(base64Encoded: body).map(Array.init) ?? [] }

  func field(_ name: String) -> String? {
    fields.first { $0.first?.lowercased() == name }?.last
  }
}
