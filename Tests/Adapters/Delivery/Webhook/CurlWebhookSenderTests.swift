import Foundation
import Glibc
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import DeliveryAdapter

@Suite(.timeLimit(.minutes(2)))
struct CurlWebhookSenderTests {
  /// A sender with short patience.
  private func sender(
    _ rules: EgressRules = .development, threads: Int = 16, waitingMax: Int = 16,
    _ configure: (inout WebhookSenderConfiguration) -> Void = { _ in }
  ) -> CurlWebhookSender {
    var configuration = WebhookSenderConfiguration(rules: rules)
    configuration.connectWithin = .seconds(2)
    configuration.answerWithin = .seconds(2)
    configure(&configuration)
    let pool = BlockingPool(name: "webhooks", threads: threads, waitingMax: waitingMax)
    return CurlWebhookSender(configuration, on: pool)
  }

  private func receiver() async throws -> ServerProcess {
    try await ServerProcess.start("webhook_receiver.py") { log, _ in [log] }
  }

  private func post(_ url: String) -> WebhookMessage {
    WebhookMessage(url: url, fields: [], body: Array("{}".utf8))
  }

  @Test(arguments: WebhookSenderContract.cases)
  func `libcurl's sender keeps the contract of WebhookSender`(
    _ promise: ContractCase<WebhookSubject>
  ) async throws {
    let receiver = try await receiver()
    let base = "http://127.0.0.1:\(receiver.port)"
    let closed = try SilentListener().port
    let subject = WebhookSubject(sender: sender()) { behaviour in
      switch behaviour {
      case .takes(let status): "\(base)/takes/\(status)"
      case .answers(let status, let retryAfter): "\(base)/answers/\(status)/\(retryAfter ?? 0)"
      case .redirects: "\(base)/redirects"
      case .silent: "\(base)/silent"
      case .cuts: "\(base)/cuts"
      case .endless: "\(base)/endless"
      // Its listener has gone.
      case .closed: "http://127.0.0.1:\(closed)/"
      case .forbidden: "http://10.0.0.1:\(receiver.port)/takes/200"
      }
    } arrived: {
      try receiver.records(WebhookRecord.self).map { record in
        WebhookSubject.Arrived(
          fields: HTTPFields(record.fields.map { HTTPField($0[0], $0[1]) }), body: record.bytes)
      }
    }
    try await promise.check(subject)
  }

  /// Goal: no spelling of an address gets a connection to where the rules do not allow one.
  /// Method: over a hundred and fifty spellings, and a listener on every address of this machine.
  @Test func `no spelling of a refused address makes a connection`() async throws {
    let listener = try SilentListener()
    let sender = sender(EgressRules(ports: [1...65_535])) { $0.connectWithin = .seconds(1) }
    let hosts = RefusedSpellings.hosts
    #expect(hosts.count >= 150)
    for host in hosts {
      let reply = await sender.send(post("http://\(host):\(listener.port)/"))
      switch reply {
      case .refused(let note):
        #expect(note.code == .destinationRefused || note.code == .invalid, "\(host): \(reply)")
        #expect(!note.message.contains("127."), "\(note.message) names an address")
      case .temporary(let note, _):
        // What the resolver does not understand leads nowhere either.
        #expect(note.code == .nameNotFound, "\(host): \(reply)")
      case .delivered, .outcomeUnknown:
        Issue.record("\(host): \(reply)")
      }
    }
    let visitors = listener.visitors()
    #expect(visitors == 0)
    SecurityTest.egress.report("\(hosts.count) spellings, \(visitors) connections")
  }

  @Test func `a proxy of the environment is not used`() async throws {
    let (listener, receiver) = (try SilentListener(), try await receiver())
    let names = [
      "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy",
    ]
    for name in names { setenv(name, "http://127.0.0.1:\(listener.port)", 1) }
    defer { for name in names { unsetenv(name) } }
    let sender = sender()
    for scheme in ["http", "https"] {
      let reply = await sender.send(post("\(scheme)://127.0.0.1:\(receiver.port)/takes/200"))
      #expect(reply.isDelivered == (scheme == "http"))
    }
    let visitors = listener.visitors()
    #expect(visitors == 0)
    SecurityTest.egress.report(
      "\(names.count) variables that name a proxy, \(visitors) connections to it")
  }

  @Test func `a redirect into the private network is not followed`() async throws {
    let receiver = try await receiver()
    let reply = await sender().send(post("http://127.0.0.1:\(receiver.port)/redirects"))
    #expect(reply.note.code == .redirected)
    #expect(try receiver.records(WebhookRecord.self).isEmpty)
  }

  @Test(arguments: ["garbage", "head", "slow", "interim"])
  func `a hostile answer ends in bounded time with an unknown outcome`(path: String) async throws {
    let receiver = try await receiver()
    let reply = await sender().send(post("http://127.0.0.1:\(receiver.port)/\(path)"))
    // A status that arrived decides, whatever follows it.
    if path == "head" {
      #expect(reply.note.status == 200 || !reply.isDelivered)
    } else {
      guard case .outcomeUnknown = reply else {
        Issue.record("\(path): \(reply)")
        return
      }
    }
  }

  @Test func `a success whose rest is cut is a delivery`() async throws {
    let receiver = try await receiver()
    let reply = await sender().send(post("http://127.0.0.1:\(receiver.port)/short"))
    #expect(reply.isDelivered)
  }

  @Test func `an untrusted certificate gets nothing, a trusted one does`() async throws {
    let receiver = try await ServerProcess.start("webhook_receiver.py") { [$0, $1] }
    let url = "https://localhost:\(receiver.port)/takes/200"
    let reply = await sender().send(post(url))
    guard case .temporary(let note, _) = reply, note.code == .tls else {
      Issue.record("\(reply)")
      return
    }
    #expect(try receiver.records(WebhookRecord.self).isEmpty)
    let trusting = sender { $0.authoritiesFile = receiver.certificate }
    #expect(await trusting.send(post(url)).isDelivered)
    // The name must fit too.
    let other = url.replacing("localhost", with: "127.0.0.1")
    #expect(await trusting.send(post(other)).note.code == .tls)
  }

  @Test func `cancelling ends it, and the outcome is unknown`() async throws {
    let receiver = try await receiver()
    let sender = sender { $0.answerWithin = .seconds(60) }
    let url = "http://127.0.0.1:\(receiver.port)/silent"
    let reply = await withTaskGroup(of: DeliveryReply.self) { group in
      group.addTask { await sender.send(post(url)) }
      group.addTask { await sender.send(post("http://127.0.0.1:\(receiver.port)/takes/200")) }
      let first = await group.next()
      group.cancelAll()
      let second = await group.next()
      return first?.isDelivered == true ? second : first
    }
    guard case .outcomeUnknown(let note)? = reply else {
      Issue.record("\(String(describing: reply))")
      return
    }
    #expect(note.code == .stopped || note.code == .timedOut)
  }

  @Test func `more than there are threads for is put off`() async throws {
    let receiver = try await receiver()
    let sender = sender(threads: 1, waitingMax: 0)
    let url = "http://127.0.0.1:\(receiver.port)/silent"
    let codes = await withTaskGroup(of: DeliveryNote.Code.self) { group in
      for _ in 0..<4 { group.addTask { await sender.send(post(url)).note.code } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(codes.contains(.stopped))
  }
}
