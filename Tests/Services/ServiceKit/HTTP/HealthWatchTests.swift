import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Synchronization
import Testing

/// Whether a process says that what it needs is away, and to whom it says why.
struct HealthWatchTests {
  private final class Need: Sendable {
    private struct State {
      var fault: String?
      var answers = true
      var looks = 0
    }

    private let state = Mutex(State())

    var looks: Int { state.withLock { $0.looks } }

    func set(fault: String? = nil, answers: Bool = true) {
      state.withLock { ($0.fault, $0.answers) = (fault, answers) }
    }

    func look(_ time: any Time) async -> String? {
      let answers = state.withLock { state in
        state.looks += 1
        return state.answers
      }
      if !answers { try? await time.sleep(for: .seconds(60)) }
      return state.withLock { $0.fault }
    }
  }

  private func status(_ routes: [Route], _ context: ServiceContext) async -> (Int, String) {
    let router = Router(routes, authenticator: NobodyKnown(), context: context)
    let answer = await router.respond(to: HTTPRequest(method: "GET", path: "/readyz"))
    return (answer.status, answer.json?["detail"]?.text ?? "")
  }

  @Test func `what is away is said by name to anybody, and why to the log, once`() throws {
    try Simulation.run(seed: 1) { world in
      let (here, need) = (world.here, Need())
      let context = here.service
      let health = HealthWatch(
        [
          HealthWatch.Check("database") { await need.look(here.time) },
          HealthWatch.Check("broker") { nil },
        ], context: context)
      let routes = HealthRoutes.all(health)
      #expect(await status(routes, context).0 == 200)
      need.set(fault: "no route to 10.0.0.7")
      #expect(await status(routes, context).0 == 200, "it is not asked again at once")
      for _ in 0..<3 {
        try await here.time.sleep(for: .seconds(2))
        let (code, detail) = await status(routes, context)
        #expect(code == 503)
        #expect(detail.contains("database") && !detail.contains("broker"))
        #expect(!detail.contains("10.0.0.7"), "whoever asks may be anybody")
      }
      need.set()
      try await here.time.sleep(for: .seconds(2))
      #expect(await status(routes, context).0 == 200)
      let lines = world.telemetry.logs().filter { $0.name.hasPrefix("health.") }
      #expect(lines.map(\.name) == ["health.red", "health.green"])
    }
  }

  @Test func `what does not answer in time is away, and nobody makes it look all the time`() throws
  {
    try Simulation.run(seed: 2) { world in
      let (here, need) = (world.here, Need())
      let context = here.service
      let health = HealthWatch(
        [HealthWatch.Check("broker") { await need.look(here.time) }], context: context)
      need.set(answers: false)
      let routes = HealthRoutes.all(health)
      let codes = await withTaskGroup(of: Int.self) { group in
        for _ in 0..<100 { group.addTask { await status(routes, context).0 } }
        return await group.reduce(into: Set<Int>()) { $0.insert($1) }
      }
      #expect(codes == [503], "nothing is known to answer yet")
      #expect(need.looks == 1)
    }
  }

  /// Whoever only reads the log hears of it as well.
  @Test func `it looks by itself`() throws {
    try Simulation.run(seed: 3) { world in
      let (here, need) = (world.here, Need())
      let health = HealthWatch(
        [HealthWatch.Check("broker") { await need.look(here.time) }], context: here.service)
      let looking = here.spawner.spawn("health") { await health.run() }
      need.set(fault: "it is gone")
      try await world.wait(for: "the line", within: .seconds(10)) {
        world.telemetry.logs().contains { $0.name == "health.red" }
      }
      looking.cancel()
    }
  }
}

private struct NobodyKnown: Authenticator {
  func principal(authorization: [String]) async throws(Problem) -> Principal {
    throw Problem.unauthenticated("nobody is known", error: "invalid_token")
  }
}
