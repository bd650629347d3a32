import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import DeliveryAdapter

/// Names that resolve to where nothing may be sent, on a machine on which all of that is there.
@Suite(.timeLimit(.minutes(2)))
struct RebindingTests {
  /// Addresses of the public internet, as the server of the machine writes them.
  private static let publicFour = "::ffff:93.184.216.34"
  private static let publicSix = "2606:2800:220:1:248:1893:25c8:1946"

  private struct Scene {
    let machine: PrivateMachine
    let sender: CurlWebhookSender

    init() async throws {
      machine = try await PrivateMachine.start()
      var configuration = WebhookSenderConfiguration(rules: EgressRules(ports: [1...65_535]))
      configuration.connectWithin = .seconds(20)
      configuration.answerWithin = .seconds(30)
      sender = CurlWebhookSender(configuration, on: machine.pool)
    }

    func send(_ host: String, _ path: String = "/") async -> DeliveryReply {
      await sender.send(
        WebhookMessage(
          url: "http://\(host):\(machine.port)\(path)", fields: [], body: Array("{}".utf8)))
    }
  }

  /// The first, the last and a middle address of each range that is refused.
  private static var refused: [IPAddress] {
    EgressRules.special.flatMap { range -> [IPAddress] in
      let first = range.address.bytes
      return [UInt8(0), 0x5a, 0xff].compactMap { fill in
        var bytes = first
        for place in bytes.indices {
          let free = UInt8(
            truncatingIfNeeded: 0xff >> min(max(range.prefixLength - place * 8, 0), 8))
          bytes[place] |= fill & free
        }
        return IPAddress(bytes: bytes)
      }
    }
  }

  /// A name of one label that resolves to the address.
  private static func label(_ address: IPAddress) -> String {
    if address.bytes.count == 4 {
      return "a" + address.bytes.map(String.init).joined(separator: "-")
    }
    return "x"
      + address.bytes.map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined()
  }

  private static func literal(_ address: IPAddress) -> String {
    address.bytes.count == 4 ? "\(address)" : "[\(address)]"
  }

  /// Goal: whatever a name resolves to, now or later, nobody is connected to whom the rules refuse.
  /// Method: every address is one of a machine of our own, whose one server writes down to which
  /// of them connections are made.
  @Test func `no name leads to a refused address, whatever it resolves to and when`() async throws {
    let scene = try await Scene()
    // So that the rest can fail: what is public is there, by address and by name.
    #expect(await scene.send("93.184.216.34").isDelivered)
    #expect(await scene.send("a93-184-216-34.test").isDelivered)
    #expect(await scene.send("[\(Self.publicSix)]").isDelivered)
    var wanted = [Self.publicFour, Self.publicFour, Self.publicSix]
    #expect(try scene.machine.connections() == wanted)

    let refused = Self.refused
    for address in refused {
      for host in [Self.literal(address), Self.label(address) + ".test"] {
        let reply = await scene.send(host)
        #expect(!reply.isDelivered, "\(host)")
        #expect(reply.note.code == .destinationRefused, "\(host): \(reply)")
      }
    }
    #expect(try scene.machine.connections() == wanted)

    for host in RefusedSpellings.hosts {
      #expect(!(await scene.send(host).isDelivered), "\(host)")
    }
    #expect(try scene.machine.connections() == wanted)

    // First a public address, then another: the second message goes nowhere.
    let turns = ["a127-0-0-1", "a10-0-0-1", "a169-254-169-254", "a0-0-0-0", "a192-168-1-1"]
    for (number, later) in turns.enumerated() {
      let host = "turn\(number).a93-184-216-34.\(later).test"
      #expect(await scene.send(host).isDelivered)
      wanted.append(Self.publicFour)
      for _ in 0..<3 {
        #expect(await scene.send(host).note.code == .destinationRefused, "\(host)")
      }
    }
    #expect(try scene.machine.connections() == wanted)
    SecurityTest.egress.report(
      "\(refused.count) addresses of \(EgressRules.special.count) ranges by number and by name, "
        + "\(RefusedSpellings.hosts.count) spellings and \(turns.count) names that rebind, "
        + "on a machine that has them all: 0 connections")
  }

  /// Goal: of several addresses only those are tried that are allowed, in whatever order they come.
  @Test func `of mixed addresses none that is refused is tried`() async throws {
    let scene = try await Scene()
    let good = ["a93-184-216-34", Self.label(try #require(IPAddress(Self.publicSix)))]
    let bad = [
      "a127-0-0-1", "a10-0-0-1", "x00000000000000000000000000000001",
      "x00000000000000000000ffff7f000001", "xfe800000000000000000000000000001",
    ]
    var count = 0
    for one in good {
      for other in bad {
        for labels in [[one, other], [other, one], bad + [one], [one] + bad] {
          let host = labels.joined(separator: ".") + ".test"
          let reply = await scene.send(host)
          // The other name of a refused one may be tried first; then the message is refused or
          // delivered, and never to the wrong one.
          #expect(reply.isDelivered || reply.note.code == .destinationRefused, "\(host): \(reply)")
          count += 1
        }
      }
    }
    let reached = Set(try scene.machine.connections())
    #expect(reached == [Self.publicFour, Self.publicSix])
    SecurityTest.egress.report(
      "\(count) names of mixed addresses, 0 connections to a refused one")
  }

  @Test func `no chain of redirects is followed to a refused address`() async throws {
    let scene = try await Scene()
    let inner = [
      "127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "localhost",
      "a127-0-0-1.test", "93.184.216.34",
    ]
    var targets = inner.map { "http://\($0):\(scene.machine.port)/" }
    targets += targets.map { "http://93.184.216.34:\(scene.machine.port)/to?\($0)" }
    targets += ["file:///etc/passwd", "gopher://127.0.0.1:\(scene.machine.port)/", "//127.0.0.1/"]
    for target in targets {
      let reply = await scene.send("93.184.216.34", "/to?\(target)")
      #expect(reply.note.code == .redirected, "\(target): \(reply)")
    }
    let made = try scene.machine.connections()
    #expect(made == targets.map { _ in Self.publicFour })
    SecurityTest.egress.report(
      "\(targets.count) chains of redirects, \(made.count - targets.count) of them followed")
  }
}
