import Foundation
import TestSupport

/// One of the servers of scripts/servers as a child of the test, with a folder of its own. It ends
/// when this object does.
final class ServerProcess: @unchecked Sendable {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  let port: Int
  let folder: URL
  private let process: Process
  private let input = Pipe()

  var log: URL { folder.appending(path: "log") }
  var certificate: String { folder.appending(path: "certificate.pem").path }

  /// - Parameter arguments: given the server's log and folder.
  init(_ script: String, _ arguments: (_ log: String, _ folder: String) -> [String]) throws {
    let root = URL(filePath: FileManager.default.currentDirectoryPath)
    let python = root.appending(path: ".venv/bin/python3")
    guard FileManager.default.isExecutableFile(atPath: python.path) else {
      throw Failure(description: "there is no .venv: run `make setup`")
    }
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "millrace-delivery-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let process = Process()
    let output = Pipe()
    process.executableURL = python
    process.arguments =
      [root.appending(path: "scripts/servers/\(script)").path]
      + arguments(folder.appending(path: "log").path, folder.path)
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    self.folder = folder
    self.process = process
    var line = Data()
    while !line.contains(UInt8(ascii: "\n")) {
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { throw Failure(description: "\(script) ended at once; see its message") }
      line += more
    }
    let text = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    guard let port = Int(text) else { throw Failure(description: "\(script) says '\(text)'") }
    self.port = port
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.terminate()
    process.waitUntilExit()
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
