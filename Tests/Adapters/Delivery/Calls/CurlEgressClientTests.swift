import Glibc
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import DeliveryAdapter

@Suite(.timeLimit(.minutes(2)))
struct CurlEgressClientTests {
  private func client(
    _ rules: EgressRules = .development,
    _ configure: (inout EgressClientConfiguration) -> Void = { _ in }
  ) -> CurlEgressClient {
    var configuration = EgressClientConfiguration(rules: rules)
    configuration.connectWithin = .seconds(20)
    configure(&configuration)
    return CurlEgressClient(
      configuration, on: BlockingPool(name: "calls", threads: 4, waitingMax: 16))
  }

  private func receiver() async throws -> ServerProcess {
    try await ServerProcess.start("webhook_receiver.py") { log, _ in [log] }
  }

  private func call(_ url: String) -> HTTPCall {
    HTTPCall(method: "GET", url: url, timeout: .seconds(2))
  }

  private func outcome(
    _ client: CurlEgressClient, _ call: HTTPCall
  ) async -> Result<EgressAnswer, EgressError> {
    do throws(EgressError) {
      return .success(try await client.send(call, answerBytesMax: 1 << 20))
    } catch {
      return .failure(error)
    }
  }

  @Test(arguments: EgressClientContract.cases)
  func `libcurl's client keeps the contract of EgressClient`(
    _ promise: ContractCase<EgressSubject>
  ) async throws {
    let receiver = try await receiver()
    let base = "http://127.0.0.1:\(receiver.port)"
    let closed = try SilentListener().port
    try await promise.check(
      EgressSubject(client: client()) { server in
        switch server {
        case .echoes(let query): "\(base)/echoes/?\(query)"
        case .answers(let status): "\(base)/answers/\(status)/0"
        case .redirects: "\(base)/redirects"
        case .silent: "\(base)/silent"
        case .cuts: "\(base)/cuts"
        case .cutsHead: "\(base)/cuthead"
        case .cutsBody: "\(base)/short"
        case .endless: "\(base)/endless"
        case .garbage: "\(base)/garbage"
        // Its listener has gone.
        case .closed: "http://127.0.0.1:\(closed)/"
        case .forbidden: "http://10.0.0.1:\(receiver.port)/answers/200/0"
        }
      })
  }

  @Test func `a head without end is cut`() async throws {
    let receiver = try await receiver()
    let endless = await outcome(client(), call("http://127.0.0.1:\(receiver.port)/head"))
    #expect(endless == .failure(.tooLarge))
  }

  @Test func `a name that has no address says so`() async throws {
    let nameless = await outcome(client(), call("http://nowhere.invalid:8080/"))
    #expect(nameless == .failure(.unreachable("its name has no address")))
  }

  /// Goal: tasks reach no address that the rules refuse.
  /// Method: the spellings that webhooks are tried with, and a listener on every address of this
  /// machine.
  @Test func `no spelling of a refused address makes a connection for a task`() async throws {
    let listener = try SilentListener()
    let client = client(EgressRules(ports: [1...65_535])) { $0.connectWithin = .seconds(1) }
    let hosts = RefusedSpellings.hosts
    for host in hosts {
      switch await outcome(client, call("http://\(host):\(listener.port)/")) {
      case .failure(.destinationRefused), .failure(.invalid),
        .failure(.unreachable("its name has no address")):
        break
      case let other: Issue.record("\(host): \(other)")
      }
    }
    let visitors = listener.visitors()
    #expect(visitors == 0)
    SecurityTest.egress.report("\(hosts.count) spellings for tasks, \(visitors) connections")
  }

  @Test func `a port that is not allowed is refused before a name is looked up`() async throws {
    let refused = await outcome(client(.public), call("http://nowhere.invalid:8080/"))
    #expect(refused == .failure(.destinationRefused))
  }

  @Test func `a range that the operator allows is reached, and no other`() async throws {
    let receiver = try await receiver()
    let range = try #require(AddressRange("127.0.0.0/30"))
    let client = client(EgressRules(allowed: [range], ports: [1...65_535]))
    let near = await outcome(client, call("http://127.0.0.1:\(receiver.port)/answers/204/0"))
    #expect(near == .success(EgressAnswer(status: 204)))
    let far = await outcome(client, call("http://127.0.0.9:\(receiver.port)/answers/204/0"))
    #expect(far == .failure(.destinationRefused))
  }

  @Test func `a certificate must be trusted`() async throws {
    let receiver = try await ServerProcess.start("webhook_receiver.py") { [$0, $1] }
    let call = call("https://localhost:\(receiver.port)/answers/204/0")
    let refused = await outcome(client(), call)
    #expect(refused == .failure(.unreachable("there is no trusted connection to it")))
    let trusting = client { $0.authoritiesFile = receiver.certificate }
    #expect(await outcome(trusting, call) == .success(EgressAnswer(status: 204)))
  }
}
