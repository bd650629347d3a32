internal import Domain
internal import Glibc
internal import Ports

/// Who the user is signed in as, for each server: kept for the user alone (mode 0600) and changed
/// by one process at a time, since a refresh token is good for one use.
struct SignInFile: Sendable {
  struct SignIn: Sendable {
    var name: String
    var accessToken: String
    /// When the access token ends, by the clock of this machine.
    var expiresAt: Moment
    var refreshToken: String
  }

  private let path: String

  /// `$XDG_CONFIG_HOME/millrace/sign-ins.json`, by default below `~/.config`.
  init(_ environment: ProcessEnvironment) {
    let dev = ServerFile.path(environment)
    path = String(dev[..<(dev.lastIndex(of: "/") ?? dev.endIndex)]) + "/sign-ins.json"
  }

  /// - Throws: a failure when there is a file that is of no use.
  func signIn(at url: String) throws -> SignIn? { try read()[url] }

  /// The servers that the user is signed in to, the one of the last sign-in first.
  func servers() throws -> [String] {
    try read().sorted { $0.value.expiresAt > $1.value.expiresAt }.map(\.key)
  }

  /// Sets the sign-in for a server, or forgets it. The caller holds the lock.
  func set(_ signIn: SignIn?, at url: String) throws {
    var all = try read()
    all[url] = signIn
    let servers = all.map { server, signIn in
      (
        server,
        Value.object([
          "name": .string(signIn.name), "accessToken": .string(signIn.accessToken),
          "expiresAt": .string(signIn.expiresAt.text),
          "refreshToken": .string(signIn.refreshToken),
        ])
      )
    }
    try LocalFiles.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
    let document = Value.object(["servers": .object(SortedMap(servers))])
    try LocalFiles.write(path, Array((document.json + "\n").utf8), mode: 0o600)
  }

  private func read() throws -> SortedMap<String, SignIn> {
    guard LocalFiles.exists(path) else { return [:] }
    try TokenFile.checkPrivate(path)
    guard let value = try? Value(json: String(decoding: LocalFiles.read(path), as: UTF8.self)),
      case .object(let servers)? = value["servers"]
    else {
      throw Failure(
        .failed, "\(path) does not say who is signed in where",
        hint: "remove the file and sign in again: `millrace auth login NAME`")
    }
    var found: [(String, SignIn)] = []
    for (url, item) in servers {
      guard let name = item["name"]?.string, let access = item["accessToken"]?.string,
        let end = item["expiresAt"]?.moment, let refresh = item["refreshToken"]?.string
      else { continue }
      found.append(
        (url, SignIn(name: name, accessToken: access, expiresAt: end, refreshToken: refresh)))
    }
    return SortedMap(found)
  }

  // MARK: One process at a time

  /// Does something that changes the file while no other process does.
  ///
  /// - Throws: a failure when another process holds the file for longer than it may take.
  func locked<Answer>(
    waitingOn time: any Time, _ body: () async throws -> Answer
  ) async throws -> Answer {
    try LocalFiles.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
    let descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw Failure(
        .failed, "\(path).lock cannot be opened: \(String(cString: strerror(errno)))",
        hint: "check its permissions")
    }
    defer { close(descriptor) }
    let deadline = time.uptime() + SignInFile.lockWithin
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard time.uptime() < deadline else {
        throw Failure(
          .conflict, "another call of millrace holds \(path)", hint: "try again in a moment")
      }
      try await time.sleep(for: .milliseconds(20))
    }
    return try await body()
  }

  private static let lockWithin: Duration = .seconds(60)
}
