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
    #expect(listener.visitors() == 0)
  }

  @Test func `a proxy of the environment is not used`() async throws {
    let (listener, receiver) = (try SilentListener(), try await receiver())
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] {
      setenv(name, "http://127.0.0.1:\(listener.port)", 1)
    }
    defer { for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] { unsetenv(name) } }
    let reply = await sender().send(post("http://127.0.0.1:\(receiver.port)/takes/200"))
    #expect(reply.isDelivered)
    #expect(listener.visitors() == 0)
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

/// Hosts that lead, or might lead, to where nothing may be sent.
enum RefusedSpellings {
  static var hosts: [String] {
    numeric + six + names
  }

  /// Each IPv4 address in every form that a resolver may understand.
  private static var numeric: [String] {
    let addresses: [[Int]] = [
      [127, 0, 0, 1], [127, 0, 0, 2], [127, 255, 255, 254], [0, 0, 0, 0], [10, 0, 0, 1],
      [172, 16, 0, 1], [192, 168, 0, 1], [169, 254, 169, 254], [100, 64, 0, 1], [192, 0, 0, 8],
      [224, 0, 0, 1], [255, 255, 255, 255], [198, 18, 0, 1],
    ]
    return addresses.flatMap { parts -> [String] in
      let whole = parts.reduce(0) { $0 << 8 | $1 }
      let hex = parts.map { "0x" + String($0, radix: 16) }
      let octal = parts.map { "0" + String($0, radix: 8) }
      return [
        parts.map(String.init).joined(separator: "."), "\(whole)",
        "0x" + String(whole, radix: 16), "0X" + String(whole, radix: 16, uppercase: true),
        "0" + String(whole, radix: 8), hex.joined(separator: "."), octal.joined(separator: "."),
        "\(parts[0]).\(whole & 0xffffff)", "\(parts[0]).\(parts[1]).\(whole & 0xffff)",
        "\(hex[0]).\(octal[1]).\(parts[2]).\(parts[3])",
        parts.map(String.init).joined(separator: ".") + ".",
        parts.map { "00" + String($0, radix: 8) }.joined(separator: "."),
      ]
    }
  }

  private static let six = [
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::FFFF:127.0.0.1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]",
    "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2002:7f00:1::1]", "[2001::1]", "[2001:db8::1]", "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]",
    "[fe80::1%25lo]", "[fec0::1]", "[ff02::1]", "[100::1]", "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
  ]

  private static let names = [
    "localhost", "LOCALHOST", "LocalHost", "localhost.", "user@127.0.0.1", "a:b@127.0.0.1",
    "127.0.0.1@localhost", "example.org@127.0.0.1", "127.0.0.1#", "127.0.0.1\\@example.org",
    "127。0。0。1", "１２７.0.0.1", "ⓛocalhost", "127.0.0.1\t", "127.0.0.1\n", "127.0.0.1%00",
    "%6c%6f%63%61%6c%68%6f%73%74", "127.0.0.1 ", "[127.0.0.1]", "", "127.0.0.1%2f",
  ]
}
