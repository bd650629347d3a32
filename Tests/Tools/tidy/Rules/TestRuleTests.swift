import Testing

@testable import tidy

@Suite struct TestRuleTests {
  @Test(arguments: [
    "try await Task.sleep(for: .seconds(1))", "Thread.sleep(forTimeInterval: 1)",
    "import Foundation\nsleep(1)", "import Glibc\nusleep(5)",
    "try await Task<Never, Never>.sleep(nanoseconds: 5)",
  ])
  func `a sleeping test is found`(text: String) {
    #expect(Fixture(Fixture.test, text).violations(of: TestSleepRule()).count == 1)
  }

  @Test(arguments: [
    "try await time.sleep(until: instant)", "let argv = [\"sleep\", \"9\"]",
    "func sleep(until instant: Uptime) async {}", "// sleep(1)", "try await sleep(until: instant)",
  ])
  func `sleeping on a port passes`(text: String) {
    #expect(Fixture(Fixture.test, text).violations(of: TestSleepRule()).isEmpty)
  }

  @Test func `sources are judged by another rule`() {
    let fixture = Fixture(Fixture.service, "try await Task.sleep(for: .seconds(1))")
    #expect(fixture.violations(of: TestSleepRule()).isEmpty)
  }

  private let rule = ContractSuiteRule(
    [PortContract(port: "Bus", testFolders: ["Tests/Simulation/Fakes", "Tests/Adapters/SQLite"])],
    exempt: ["Probe": "promises nothing"])
  private let port = ("Sources/Ports/Ports/Bus/Bus.swift", "\npublic protocol Bus: Sendable {}\n")
  private let suite = (
    "Tests/Support/Bus/BusContract.swift", "public enum BusContract { static let cases = [] }"
  )
  private let fake = ("Tests/Simulation/Fakes/FakeBusTests.swift", "let a = BusContract.cases")
  private let real = ("Tests/Adapters/SQLite/BusTests.swift", "let a = BusContract.cases")

  @Test func `a port with a suite on every implementation passes`() {
    #expect(Fixture([port, suite, fake, real]).violations(of: rule).isEmpty)
  }

  @Test func `a port without a suite is found at its declaration`() {
    let found = Fixture([port, fake, real]).violations(of: rule)
    #expect(found.map(\.line) == [2])
    #expect(found.first?.cure.contains("BusContract.swift") == true)
  }

  @Test func `a suite that an implementation does not run is found`() {
    let mentioned = (real.0, "// BusContract comes later\nlet a = \"BusContract\"")
    let found = Fixture([port, suite, fake, mentioned]).violations(of: rule)
    #expect(found.map(\.what) == ["no test in Tests/Adapters/SQLite runs BusContract"])
  }

  @Test func `a new port must be in a list`() {
    let new = ("Sources/Ports/Ports/Mail/Mailer.swift", "public protocol Mailer {}")
    let exempt = ("Sources/Ports/Ports/Probe.swift", "public protocol Probe {}")
    let hidden = ("Sources/Ports/Ports/Part.swift", "protocol Part {}")
    let found = Fixture([new, exempt, hidden]).violations(of: rule)
    #expect(found.map(\.path) == [new.0])
  }

  @Test func `a guarantee names a test that exists or admits that there is none`() {
    let tests = (Fixture.test, "@Test func `late results change nothing`() {}")
    let rows = """
      **Not promised**: *anything else*

      | promise | test |
      |---|---|
      | kept | RunTests: *late results change nothing*, and by hand |
      | open | *no test yet* |
      | broken | RunTests: *early results change nothing* |
      """
    for page in GuaranteeRule.pages {
      let found = Fixture([tests, (page, rows)]).violations(of: GuaranteeRule())
      #expect(found.map(\.line) == [7])
      #expect(found.first?.what.contains("early results") == true)
    }
  }
}
