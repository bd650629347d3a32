import DeliveryAdapter
import Testing

@testable import Composition

struct DevMailTests {
  private func server(_ text: String) throws -> MailerConfiguration {
    try DevMail.configuration(text, from: "a@example.org", authorities: nil)
  }

  @Test func `a connection elsewhere is secure, one to this machine may be plain`() throws {
    let table: [(String, String, Int, MailerConfiguration.Security)] = [
      ("smtp://mail.example.org", "mail.example.org", 587, .startTLS),
      ("smtp://mail.example.org:25/", "mail.example.org", 25, .startTLS),
      ("smtps://mail.example.org", "mail.example.org", 465, .tls),
      ("smtp://127.0.0.1:1025", "127.0.0.1", 1_025, .none),
      ("smtp://[::1]:1025", "::1", 1_025, .none),
      ("smtp://localhost:1025", "localhost", 1_025, .none),
    ]
    for (text, host, port, security) in table {
      let found = try server(text)
      #expect(found.host == host && found.port == port && found.security == security, "\(text)")
    }
  }

  @Test func `a login is never sent over a plain connection`() throws {
    let found = try server("smtp://ada:p@ss:word@localhost:1025")
    #expect(found.security == .startTLS)
    #expect(found.login?.user == "ada" && found.login?.password == "p@ss:word")
  }

  @Test(arguments: [
    "", "mail.example.org", "http://a", "smtp://", "smtp://a:b", "smtp://u@a", "smtp://a b",
  ])
  func `what is no mail server is refused with a hint`(text: String) {
    #expect(throws: StartFailure.self) { try server(text) }
  }
}
