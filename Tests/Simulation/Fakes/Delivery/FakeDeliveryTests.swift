import Ports
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

struct FakeDeliveryTests {
  @Test(arguments: WebhookSenderContract.cases)
  func `the fake keeps the contract of WebhookSender`(
    _ promise: ContractCase<WebhookSubject>
  ) throws {
    try Simulation.run(seed: 1) { world in
      let sender = FakeWebhookSender(world) { message in FakeDeliveryTests.script(message.url) }
      try await promise.check(
        WebhookSubject(sender: sender, url: FakeDeliveryTests.url) {
          sender.received.filter { $0.message.url.contains("/takes/") }.map {
            WebhookSubject.Arrived(fields: $0.message.fields, body: $0.message.body)
          }
        })
    }
  }

  @Sendable private static func url(_ receiver: WebhookSubject.Receiver) -> String {
    let base = "http://receiver.example"
    switch receiver {
    case .takes(let status): return "\(base)/takes/\(status)"
    case .answers(let status, let retryAfter):
      return "\(base)/answers/\(status)/\(retryAfter ?? 0)"
    case .redirects: return "\(base)/answers/302/0"
    case .silent: return "\(base)/silent"
    case .cuts: return "\(base)/cuts"
    case .endless: return "\(base)/takes/200"
    case .closed: return "\(base)/closed"
    case .forbidden: return "\(base)/forbidden"
    }
  }

  private static func script(_ url: String) -> DeliveryScript {
    let parts = url.split(separator: "/").dropFirst(2).map(String.init)
    switch parts.first {
    case "takes": return .takes(status: Int(parts[1]) ?? 0)
    case "answers":
      let wait = Int(parts[2]) ?? 0
      return .answers(status: Int(parts[1]) ?? 0, retryAfter: wait > 0 ? .seconds(wait) : nil)
    case "silent": return .silent
    case "cuts": return .cuts
    case "closed": return .closed
    default: return .forbidden
    }
  }

  @Test(arguments: MailerContract.cases)
  func `the fake keeps the contract of Mailer`(_ promise: ContractCase<MailerSubject>) throws {
    try Simulation.run(seed: 1) { world in
      let mailer = FakeMailer(world) { mail in
        switch mail.to.prefix(while: { $0 != "@" }) {
        case "unknown": .answers(status: 550)
        case "greylisted": .answers(status: 451)
        case "silent": .silent
        default: .takes(status: 250)
        }
      }
      let subject = MailerSubject(mailer: mailer) { recipient in
        "\(recipient)@example.org"
      } arrived: {
        mailer.received.filter { !$0.message.to.hasPrefix("silent") }.map(\.message).map {
          MailerSubject.Arrived(
            messageID: "<\($0.id)@fake>", to: $0.to, subject: $0.subject, text: $0.text,
            html: $0.html)
        }
      }
      try await promise.check(subject)
    }
  }

  @Test func `what was sent is taken although its sender died before the answer`() throws {
    try Simulation.run(seed: 3) { world in
      var faults = DeliveryFaults()
      faults.latency = .seconds(2)...(.seconds(2))
      let sender = FakeWebhookSender(world, faults: faults)
      let process = world.process("notifier")
      process.start { _ in
        _ = await sender.send(WebhookMessage(url: "http://a.example/", fields: [], body: []))
      }
      try await world.here.time.sleep(for: .milliseconds(500))
      process.kill()
      try await world.here.time.sleep(for: .seconds(3))
      #expect(sender.received.count == 1)
    }
  }
}
