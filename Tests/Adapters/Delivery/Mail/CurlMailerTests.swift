import Domain
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import DeliveryAdapter

@Suite(.timeLimit(.minutes(2)))
struct CurlMailerTests {
  private func server(
    _ security: MailerConfiguration.Security, login: String? = nil,
    badLogin: String = "answered"
  ) async throws -> ServerProcess {
    try await ServerProcess.start("mail_server.py") { log, folder in
      [log, folder, "--security", security.rawValue, "--bad-login", badLogin]
        + (login.map { ["--login", $0] } ?? [])
    }
  }

  private func mailer(
    _ server: ServerProcess, _ security: MailerConfiguration.Security,
    _ configure: (inout MailerConfiguration) -> Void = { _ in }
  ) -> CurlMailer {
    var configuration = MailerConfiguration(
      host: security == .none ? "127.0.0.1" : "localhost", port: server.port, security: security,
      from: "millrace@example.org")
    configuration.connectWithin = .seconds(3)
    configuration.answerWithin = .seconds(3)
    if security != .none { configuration.authoritiesFile = server.certificate }
    configure(&configuration)
    let pool = BlockingPool(name: "mail", threads: 12, waitingMax: 4)
    return CurlMailer(configuration, on: pool)
  }

  private func mail(to: String = "ada@example.org") -> MailMessage {
    MailMessage(
      id: "ntf_1", to: to, subject: "run failed", text: "It failed.\n", html: "<p>It failed.</p>",
      writtenAt: Moment(microseconds: 1_769_860_800_000_000))
  }

  @Test(arguments: MailerContract.cases)
  func `libcurl's mailer keeps the contract of Mailer`(
    _ promise: ContractCase<MailerSubject>
  ) async throws {
    let server = try await server(.none)
    let subject = MailerSubject(mailer: mailer(server, .none)) { recipient in
      switch recipient {
      case .takes: "ada@example.org"
      case .unknown: "unknown@example.org"
      case .greylisted: "greylisted@example.org"
      case .silent: "silent@example.org"
      }
    } arrived: {
      try server.records(MailRecord.self).map {
        MailerSubject.Arrived(
          messageID: $0.messageID, to: $0.to.joined(), subject: $0.subject, text: $0.text,
          html: $0.html)
      }
    }
    try await promise.check(subject)
  }

  @Test(arguments: [MailerConfiguration.Security.startTLS, .tls])
  func `a secure connection and a login are used as they are set up`(
    security: MailerConfiguration.Security
  ) async throws {
    let server = try await server(security, login: "ada:p w:=d")
    let mailer = mailer(server, security) { $0.login = .init(user: "ada", password: "p w:=d") }
    let reply = await mailer.send(mail())
    #expect(reply.isDelivered, "\(reply)")
    let record = try #require(try server.records(MailRecord.self).first)
    #expect(record.isSecure || security == .tls)
    #expect(record.isLoggedIn)
    #expect(record.from == "millrace@example.org" && record.to == ["ada@example.org"])
    #expect(record.sender == "Millrace <millrace@example.org>")
    #expect(record.date == "2026-01-31T12:00:00+00:00")
    #expect(record.messageID == "<ntf_1@example.org>")
    #expect(record.raw.contains("Auto-Submitted: auto-generated"))
  }

  @Test(arguments: [
    ("answered", DeliveryNote.Code.loginRefused, 535), ("busy", .loginRefused, 454),
    ("silent", .timedOut, 334),
  ])
  func `a wrong login is put off with what the server said, not held against the recipient`(
    _ answer: String, _ code: DeliveryNote.Code, _ status: Int
  ) async throws {
    let server = try await server(.startTLS, login: "ada:right", badLogin: answer)
    let mailer = mailer(server, .startTLS) { $0.login = .init(user: "ada", password: "wrong") }
    let reply = await mailer.send(mail())
    guard case .temporary(let note, _) = reply else {
      Issue.record("\(reply)")
      return
    }
    #expect(note.code == code && note.status == status, "\(note)")
    #expect(note.message.contains("login"), "\(note)")
    #expect(try server.records(MailRecord.self).isEmpty)
  }

  @Test func `nothing is said without the security that was asked for`() async throws {
    let plain = try await server(.none)
    let reply = await mailer(plain, .startTLS) { $0.authoritiesFile = nil }.send(mail())
    #expect(reply.note.code == .tls, "\(reply)")
    #expect(try plain.records(MailRecord.self).isEmpty)
    let untrusted = try await server(.startTLS)
    let other = await mailer(untrusted, .startTLS) { $0.authoritiesFile = nil }.send(mail())
    guard case .temporary(let note, _) = other, note.code == .tls else {
      Issue.record("\(other)")
      return
    }
  }

  @Test func `an answer to the text decides, for good or for later`() async throws {
    let server = try await server(.none)
    let full = await mailer(server, .none).send(mail(to: "full@example.org"))
    guard case .refused(let note) = full, note.code == .rejected, note.status == 552 else {
      Issue.record("\(full)")
      return
    }
    let busy = await mailer(server, .none).send(mail(to: "busy@example.org"))
    guard case .temporary(let later, _) = busy, later.code == .busy, later.status == 452 else {
      Issue.record("\(busy)")
      return
    }
  }

  @Test func `where no server listens the mail is put off`() async throws {
    let server = try await server(.none)
    let port = try SilentListener().port
    let reply = await mailer(server, .none) { $0.port = port }.send(mail())
    guard case .temporary(let note, _) = reply, note.code == .unreachable else {
      Issue.record("\(reply)")
      return
    }
    // One that takes connections and never says anything.
    let listener = try SilentListener()
    let silent = await mailer(server, .none) {
      $0.port = listener.port
      $0.answerWithin = .seconds(1)
    }.send(mail())
    #expect(silent.note.code == .timedOut, "\(silent)")
    #expect(listener.visitors() == 1)
  }

  @Test func `a configuration that would give the password away is refused`() {
    var configuration = MailerConfiguration(
      host: "localhost", port: 25, security: .none, from: "a@example.org",
      login: .init(user: "a", password: "b"))
    #expect(configuration.fault != nil)
    configuration.login = nil
    #expect(configuration.fault == nil)
    configuration.from = "a@example.org>\r\nRCPT TO:<b@example.org"
    #expect(configuration.fault != nil)
    configuration.from = "a@example.org"
    configuration.fromName = "a\r\nBcc: b@example.org"
    #expect(configuration.fault != nil)
    configuration.fromName = "a"
    configuration.host = "a/b"
    #expect(configuration.fault != nil)
  }
}
