internal import Domain

/// Where the server is and who may use it: what `dev` writes and the client reads, for the user
/// alone (mode 0600).
struct ServerFile {
  var url: String
  var token: String

  /// `$XDG_CONFIG_HOME/millrace/dev.json`, by default below `~/.config`.
  static func path(_ environment: ProcessEnvironment) -> String {
    let folder =
      environment["XDG_CONFIG_HOME"] ?? (environment["HOME"].map { $0 + "/.config" } ?? "/tmp")
    return folder + "/millrace/dev.json"
  }

  static func read(_ environment: ProcessEnvironment) -> ServerFile? {
    guard let bytes = try? LocalFiles.read(path(environment)),
      let value = try? Value(json: String(decoding: bytes, as: UTF8.self)),
      let url = value["url"]?.string, let token = value["token"]?.string
    else { return nil }
    return ServerFile(url: url, token: token)
  }

  func write(_ environment: ProcessEnvironment) throws {
    let path = ServerFile.path(environment)
    try LocalFiles.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
    let document = Value.object(["url": .string(url), "token": .string(token)])
    try LocalFiles.write(path, Array((document.json + "\n").utf8), mode: 0o600)
  }
}
