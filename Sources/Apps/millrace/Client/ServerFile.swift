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

  /// Nil when there is none.
  ///
  /// - Throws: a failure when there is one that is of no use.
  static func read(_ environment: ProcessEnvironment) throws -> ServerFile? {
    let path = path(environment)
    guard LocalFiles.exists(path) else { return nil }
    try TokenFile.checkPrivate(path)
    guard let value = try? Value(json: String(decoding: LocalFiles.read(path), as: UTF8.self)),
      let url = value["url"]?.string, let token = value["token"]?.string
    else {
      throw Failure(
        .failed, "\(path) does not say where the server is",
        hint: "start `millrace dev` again, which writes it, or remove the file")
    }
    return ServerFile(url: url, token: token)
  }

  /// Takes the file away, unless another server has written it in the meantime.
  func remove(_ environment: ProcessEnvironment) {
    guard let known = try? ServerFile.read(environment), known.token == token else { return }
    LocalFiles.remove(ServerFile.path(environment))
  }

  func write(_ environment: ProcessEnvironment) throws {
    let path = ServerFile.path(environment)
    try LocalFiles.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
    let document = Value.object(["url": .string(url), "token": .string(token)])
    try LocalFiles.write(path, Array((document.json + "\n").utf8), mode: 0o600)
  }
}
