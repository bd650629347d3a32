internal import CCurl
public import Ports
public import SystemAdapter

/// The mail server that takes our mail, and how we speak to it. Validated once at start.
public struct MailerConfiguration: Sendable {
  public enum Security: String, Hashable, Sendable, CaseIterable {
    /// A plain connection that must become a secure one before anything is said.
    case startTLS = "starttls"
    /// Secure from its first byte.
    case tls
    /// Never for a server elsewhere: for development.
    case none
  }

  /// Given only over a secure connection.
  public struct Login: Sendable {
    public var user: String
    public var password: String

    public init(user: String, password: String) {
      self.user = user
      self.password = password
    }
  }

  public var host: String
  public var port: Int
  public var security: Security
  public var login: Login?
  /// Who the mail is from.
  public var from: String
  public var fromName: String = "Millrace"
  /// What we call ourselves to the server.
  public var ownName: String = "localhost"
  public var connectWithin: Duration = .seconds(5)
  /// Of the whole exchange.
  public var answerWithin: Duration = .seconds(30)
  /// Certificates to trust, as a file in PEM; nil for those of the system.
  public var authoritiesFile: String?

  public init(
    host: String, port: Int, security: Security, from: String, login: Login? = nil
  ) {
    self.host = host
    self.port = port
    self.security = security
    self.from = from
    self.login = login
  }

  /// What is wrong with it, if anything.
  public var fault: String? {
    if !(1...65_535).contains(port) { return "there is no port \(port)" }
    for name in [host, ownName] where !MailerConfiguration.isHost(name) {
      return "'\(name)' is no name of a host"
    }
    if !MailMessage.isAddress(from) { return "'\(from)' is no plain e-mail address" }
    if !HeaderText.isOneLine(fromName) { return "the sender's name is not one line" }
    if login != nil, security == .none { return "a login needs a secure connection" }
    return nil
  }

  private static func isHost(_ name: String) -> Bool {
    (1...253).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
          || (0x61...0x7a).contains(byte) || "-._:".utf8.contains(byte)
      }
  }

  var url: String {
    let scheme = security == .tls ? "smtps" : "smtp"
    let host = host.contains(":") ? "[\(host)]" : host
    return "\(scheme)://\(host):\(port)/\(ownName)"
  }
}

/// Hands mail to a server with libcurl, on the threads of a pool (decision 6).
public struct CurlMailer: Mailer {
  private let configuration: MailerConfiguration
  private let pool: BlockingPool

  /// - Parameter pool: has a thread for each mail that shall be on its way at once.
  public init(_ configuration: MailerConfiguration, on pool: BlockingPool) {
    self.configuration = configuration
    self.pool = pool
  }

  public func send(_ message: MailMessage) async -> DeliveryReply {
    if let fault = configuration.fault ?? message.fault {
      return .refused(DeliveryNote(.invalid, fault))
    }
    let stop = StopFlag()
    do {
      let reply = try await withTaskCancellationHandler {
        try await pool.run { exchange(message, stop) }
      } onCancel: {
        stop.set()
      }
      return reply
    } catch {
      return .temporary(DeliveryNote(.stopped, "too much is being sent here at once"))
    }
  }

  private func exchange(_ message: MailMessage, _ stop: StopFlag) -> DeliveryReply {
    // A server that talks without end is cut.
    let limits = Transfer.Limits(headBytesMax: 64 << 10, bodyBytesMax: 64 << 10)
    guard
      let transfer = Transfer(configuration.url, rules: nil, limits: limits, stop: stop)
    else { return .temporary(DeliveryNote(.stopped, "there is no memory to send with")) }
    transfer.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
    transfer.setTimes(connect: configuration.connectWithin, whole: configuration.answerWithin)
    // Of each single answer, and of the farewell, which the whole time does not bound.
    transfer.set(
      CURLOPT_SERVER_RESPONSE_TIMEOUT,
      Int(clamping: max(1, configuration.answerWithin.components.seconds)))
    if configuration.security == .startTLS {
      transfer.set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
    }
    if let file = configuration.authoritiesFile { transfer.set(CURLOPT_CAINFO, file) }
    if let login = configuration.login {
      transfer.set(CURLOPT_USERNAME, login.user)
      transfer.set(CURLOPT_PASSWORD, login.password)
    }
    transfer.set(CURLOPT_MAIL_FROM, "<\(configuration.from)>")
    transfer.set(CURLOPT_MAIL_RCPT, lines: ["<\(message.to)>"])
    transfer.setUploaded(
      MIMEText(message, from: configuration.from, name: configuration.fromName).bytes)
    return DeliveryReply(mail: transfer.perform())
  }
}

extension DeliveryReply {
  init(mail outcome: Transfer.Outcome) {
    let status = outcome.status
    switch outcome.result {
    case CURLE_OK:
      self = .delivered(DeliveryNote(.accepted, "the mail server took it", status: status))
    case CURLE_WEIRD_SERVER_REPLY where outcome.hasBodyBegun && status >= 400:
      self.init(smtp: status)
    case CURLE_SEND_ERROR where !outcome.hasBodyBegun && status >= 400:
      // MAIL, RCPT or DATA was answered so.
      self.init(smtp: status)
    default:
      let note = DeliveryNote(mail: outcome.result, status: status)
      // From the first byte of the text on the server may have taken it without our knowing.
      self = outcome.hasBodyBegun ? .outcomeUnknown(note) : .temporary(note)
    }
  }

  /// Permanent and transient, RFC 5321 §4.2.1; what is about our login is the operator's to mend.
  private init(smtp status: Int) {
    switch status {
    case 530, 534, 535, 538, 454:
      self = .temporary(.loginRefused(status))
    case 500...:
      self = .refused(
        DeliveryNote(.rejected, "the mail server refused it with \(status)", status: status))
    default:
      self = .temporary(
        DeliveryNote(.busy, "the mail server asked to come again later", status: status))
    }
  }
}

extension DeliveryNote {
  fileprivate static func loginRefused(_ status: Int) -> DeliveryNote {
    DeliveryNote(
      .loginRefused, "the mail server does not accept this installation's login",
      status: status == 0 ? nil : status)
  }

  fileprivate init(mail result: CURLcode, status: Int) {
    if result == CURLE_LOGIN_DENIED || [530, 534, 535, 538].contains(status) {
      self = .loginRefused(status)
      return
    }
    switch result {
    case CURLE_COULDNT_RESOLVE_HOST:
      self.init(.nameNotFound, "the name of the mail server has no address")
    case CURLE_COULDNT_CONNECT:
      self.init(.unreachable, "no connection to the mail server was made")
    case CURLE_USE_SSL_FAILED, CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION,
      CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
      self.init(.tls, "no trusted connection to the mail server was made")
    case CURLE_OPERATION_TIMEDOUT where status == 334:
      // It has asked for the login and says nothing to it.
      self.init(
        .timedOut, "the mail server did not answer this installation's login in time",
        status: status)
    case CURLE_OPERATION_TIMEDOUT:
      self.init(.timedOut, "the mail server did not answer in time")
    case CURLE_ABORTED_BY_CALLBACK:
      self.init(.stopped, "sending was stopped before there was an answer")
    case CURLE_WEIRD_SERVER_REPLY, CURLE_WRITE_ERROR:
      self.init(.malformed, "the mail server sent something that is no answer")
    default:
      self.init(.disconnected, "the connection to the mail server ended")
    }
  }
}
