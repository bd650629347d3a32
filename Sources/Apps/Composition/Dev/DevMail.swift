internal import DeliveryAdapter
internal import Ports

/// The mail server of `dev`, as it is written on a command line: `smtp://host:port` or
/// `smtps://user:password@host:port`.
enum DevMail {
  /// A plain connection becomes a secure one, except to this machine itself.
  static func configuration(
    _ text: String, from: String, authorities: String?
  ) throws(StartFailure) -> MailerConfiguration {
    guard let parts = parts(text) else {
      throw StartFailure(
        "the mail server is not understood",
        hint: "write smtp://HOST:PORT or smtps://USER:PASSWORD@HOST:PORT")
    }
    let isHere = ["localhost", "127.0.0.1", "::1"].contains(parts.host)
    let isSecure = parts.scheme == "smtps"
    var configuration = MailerConfiguration(
      host: parts.host, port: parts.port ?? (isSecure ? 465 : 587),
      security: isSecure ? .tls : isHere && parts.login == nil ? .none : .startTLS, from: from,
      login: parts.login)
    configuration.authoritiesFile = authorities
    if let fault = configuration.fault {
      throw StartFailure(
        "the mail server is of no use: \(fault)", hint: "compare --mail and --mail-from")
    }
    return configuration
  }

  private struct Parts {
    var scheme: String
    var host: String
    var port: Int?
    var login: MailerConfiguration.Login?
  }

  private static func parts(_ text: String) -> Parts? {
    guard let scheme = ["smtp", "smtps"].first(where: { text.hasPrefix($0 + "://") }) else {
      return nil
    }
    var rest = text.dropFirst(scheme.count + 3)
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    var login: MailerConfiguration.Login?
    if let at = rest.lastIndex(of: "@") {
      let given = rest[..<at].split(separator: ":", maxSplits: 1).map(String.init)
      guard given.count == 2 else { return nil }
      login = MailerConfiguration.Login(user: given[0], password: given[1])
      rest = rest[rest.index(after: at)...]
    }
    var port: Int?
    if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
      let behind = rest[rest.index(after: end)...]
      rest = rest[rest.index(after: rest.startIndex)..<end]
      if !behind.isEmpty {
        guard behind.hasPrefix(":"), let number = Int(behind.dropFirst()) else { return nil }
        port = number
      }
    } else if let colon = rest.lastIndex(of: ":") {
      guard let number = Int(rest[rest.index(after: colon)...]) else { return nil }
      port = number
      rest = rest[..<colon]
    }
    return rest.isEmpty ? nil : Parts(scheme: scheme, host: String(rest), port: port, login: login)
  }
}

extension DevConfiguration {
  /// Nil where no mail server is named.
  func mail() throws(StartFailure) -> MailerConfiguration? {
    guard let mailServer else { return nil }
    return try DevMail.configuration(mailServer, from: mailFrom, authorities: mailAuthorities)
  }
}
