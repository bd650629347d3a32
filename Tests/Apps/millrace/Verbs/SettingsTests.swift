import Foundation
import Testing

@testable import millrace

@Suite struct SettingsTests {
  private final class Files {
    let folder = NSTemporaryDirectory() + "millrace-settings-\(UUID().uuidString)"

    init() throws {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String, _ text: String) throws -> String {
      try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
      return folder + "/" + name
    }
  }

  private func settings(
    _ arguments: [String] = [], _ variables: [String: String] = [:]
  ) throws -> Settings {
    let environment = ProcessEnvironment(
      variables: variables, isOutputTerminal: false, isErrorTerminal: false)
    let parser = ArgumentParser(verbs: [ServeVerb.verb], environment: environment)
    return try Settings(try parser.parse(["serve", "worker"] + arguments))
  }

  @Test func `the command line comes first, then variables, then the file`() throws {
    let files = try Files()
    let file = try files.path(
      "settings", "# of all\nMILLRACE_SLOTS=3\nMILLRACE_PORT=3\nMILLRACE_LOG=error\n\n")
    let settings = try settings(
      ["--slots", "1", "--config", file], ["MILLRACE_SLOTS": "2", "MILLRACE_PORT": "2"])
    #expect(settings.call.value("slots") == "1")
    #expect(settings.call.value("port") == "2")
    #expect(settings.call.value("log") == "error")
    #expect(settings.call.value("host") == nil)
    let text = settings.explanation.split(separator: "\n").map(String.init)
    #expect(text.contains { $0.hasPrefix("slots ") && $0.hasSuffix("command line") })
    #expect(text.contains { $0.hasPrefix("port ") && $0.hasSuffix("MILLRACE_PORT") })
    #expect(text.contains { $0.hasPrefix("log ") && $0.hasSuffix("\(file):4") })
    #expect(text.contains { $0.hasPrefix("host ") && $0.hasSuffix("default") })
  }

  @Test func `the file may be named by a variable`() throws {
    let files = try Files()
    let file = try files.path("settings", "MILLRACE_SLOTS=3")
    #expect(try settings([], ["MILLRACE_CONFIG": file]).call.value("slots") == "3")
  }

  @Test func `lists are separated by blanks and switches are 1 or 0`() throws {
    let settings = try settings(
      [],
      [
        "MILLRACE_POOLS": "small large", "MILLRACE_BEHIND_GATEWAY": "1",
        "MILLRACE_PLAINTEXT": "0", "MILLRACE_PEERS": "iam=a:1 scheduler=b:1,c:1",
      ])
    #expect(settings.call.all("pool") == ["small", "large"])
    #expect(settings.call.all("peer") == ["iam=a:1", "scheduler=b:1,c:1"])
    #expect(settings.call.has("behind-gateway"))
    #expect(!settings.call.has("plaintext"))
    #expect(throws: Failure.self) { try self.settings([], ["MILLRACE_PLAINTEXT": "yes"]) }
  }

  @Test func `what holds a password may stand in a file of its own and is never shown`() throws {
    let files = try Files()
    let secret = try files.path("database", "postgresql://a:sesame@b/c\nmore\n")
    let settings = try settings([], ["MILLRACE_DATABASE_FILE": secret])
    #expect(settings.call.value("database") == "postgresql://a:sesame@b/c")
    #expect(!settings.explanation.contains("sesame"))
    let shown = try self.settings(
      ["--mongodb", "mongodb://u:sesame@h"],
      ["MILLRACE_S3": "http://k:sesame@h/b", "MILLRACE_MAIL": "smtp://u:sesame@h"])
    #expect(!shown.explanation.contains("sesame"))
  }

  @Test func `what cannot be meant is refused and says where it stands`() throws {
    let files = try Files()
    func refused(
      _ text: String, _ variables: [String: String] = [:], says wanted: String
    ) throws {
      let file = try files.path("settings", text)
      let failure = #expect(throws: Failure.self) {
        try self.settings(["--config", file], variables)
      }
      let said = "\(failure?.what ?? "") \(failure?.hint ?? "")"
      #expect(said.contains(wanted), "\(said)")
    }
    try refused("MILLRACE_SLOT=1", says: ":1: 'MILLRACE_SLOT' is no setting")
    try refused("MILLRACE_SLOT=1", says: "did you mean MILLRACE_SLOTS?")
    try refused("\nslots", says: ":2: 'slots' is no setting")
    try refused("MILLRACE_SLOTS=1\nMILLRACE_SLOTS=2", says: ":2: MILLRACE_SLOTS is set twice")
    try refused("MILLRACE_DATABASE=a\nMILLRACE_DATABASE_FILE=b", says: "are both set")
    try refused("", ["MILLRACE_DATABASE_FILE": files.folder + "/none"], says: "cannot be read")
    let empty = try files.path("empty", "\n")
    try refused("", ["MILLRACE_DATABASE_FILE": empty], says: "holds no setting")
    #expect(throws: Failure.self) { try self.settings(["--config", files.folder + "/none"]) }
  }

  @Test func `no two settings have one variable`() {
    let names = ServeVerb.verb.options.map(Settings.variable)
    #expect(Set(names).count == names.count)
  }
}
