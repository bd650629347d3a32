import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

@testable import IAMService

/// T-AUTHZ: every route of the router's own table × every credential × every role and place.
struct AuthorizationMatrixTests {
  @Test func `every route opens to exactly whom the policy says`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      try await scene.ready()
      let matrix = AuthorizationMatrix(scene.routes, AccessPolicy.identity)
      #expect(matrix.unruled == [])
      #expect(matrix.stale == [])
      let (found, cases) = await matrix.violations(in: ServiceContext(world.here))
      #expect(found.isEmpty, "\(found.prefix(5))")
      #expect(cases >= 3_000, "\(cases) cases")
    }
  }

  /// The negative control: a rule that is gone or another one turns the matrix red.
  @Test func `the matrix notices every single rule that is loosened or changed`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try Scene(world)
      try await scene.ready()
      let matrix = AuthorizationMatrix(scene.routes, AccessPolicy.identity)
      #expect(await matrix.survivors(in: ServiceContext(world.here)) == [])
    }
  }

  private func path(_ route: Route) -> String {
    route.template.split(separator: "/").map { segment in
      segment == "{namespace}" ? "own" : segment.hasPrefix("{") ? "x" : String(segment)
    }.reduce(into: "") { $0 += "/" + $1 }
  }

  private struct Nobody: Authenticator {
    func principal(authorization: [String]) async throws(Problem) -> Principal {
      throw Problem.unauthenticated("no", error: nil)
    }
  }

  /// What is public is an exact route, never something that looks like one.
  @Test func `paths that look like public ones are not public`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try Scene(world)
      try await scene.ready()
      let context = ServiceContext(world.here)
      let routes = scene.routes + HealthRoutes.all
      let router = Router(routes, authenticator: Nobody(), context: context)
      let open = routes.filter { $0.access == .anyone }.map(\.template)
      var count = 0
      for route in routes where route.access != .anyone {
        let path = path(route)
        let disguises = open.flatMap { [path + $0, $0 + path, path + "/.." + $0, path + ";" + $0] }
        let variants = [
          path + "/", "/" + path, path + "/.", path + "//", path + "%2f", path + "%00", path + "?",
          path.uppercased(), path + ";x", path + "%2e%2e", path.replacing("/v1/", with: "/v1//"),
          path.replacing("/v1/", with: "/%76%31/"), path.replacing("/v1/", with: "/v1/./"),
        ]
        for variant in disguises + variants {
          let response = await router.respond(to: HTTPRequest(method: route.method, path: variant))
          count += 1
          #expect([400, 401].contains(response.status), "\(route.method) \(variant)")
        }
      }
      #expect(count > 1_000)
    }
  }
}

extension ServiceContext {
  init(_ environment: ProcessEnvironment) {
    self.init(
      process: ProcessID(at: environment.time.now(), random: environment.randomness.next),
      time: environment.time, randomness: environment.randomness, spawner: environment.spawner,
      telemetry: environment.telemetry, probe: environment.probe)
  }
}
