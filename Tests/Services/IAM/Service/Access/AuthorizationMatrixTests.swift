import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Testing

@testable import IAMService

/// T-AUTHZ: every route of the router's own table × every credential × every role and place.
struct AuthorizationMatrixTests {
  private static let own = NamespaceName(unchecked: "own")

  /// Who asks: what they hold, where.
  private struct Caller: Sendable {
    var name: String
    var installation: Role?
    var own: Role?

    var principal: Principal {
      Principal(
        id: "usr_1", kind: .user, name: name, permissions: installation?.permissions ?? [],
        namespaces: own.map { [AuthorizationMatrixTests.own: $0.permissions] } ?? [:])
    }
  }

  private static let callers: [Caller] =
    [Caller(name: "nobody's")]
    + Role.allCases.map { Caller(name: "\($0) of own", own: $0) }
    + Role.allCases.map { Caller(name: "\($0) of all", installation: $0) }
    + [Caller(name: "viewer of all, admin of own", installation: .viewer, own: .admin)]

  private static let badCredentials: [[String]] = [
    [], [""], ["bad"], ["Bearer"], ["Bearer "], ["Basic good"], ["good", "good"], ["good", "bad"],
  ]

  private struct Doorman: Authenticator {
    let principal: Principal

    func principal(authorization: [String]) async throws(Problem) -> Principal {
      guard authorization == ["good"] else {
        throw Problem.unauthenticated("no", error: "invalid_token")
      }
      return principal
    }
  }

  /// The same table with handlers that say that they were reached.
  private static func reached(_ routes: [Route], replacing: (Route) -> Access? = { _ in nil })
    -> [Route]
  {
    routes.map { route in
      Route(
        route.method, route.template, replacing(route) ?? route.access,
        parameters: route.parameters
      ) { _ throws(Problem) in HTTPResponse(status: 299) }
    }
  }

  private static func expected(_ rule: AccessPolicy.Rule, _ caller: Caller, in place: NamespaceName)
    -> Int
  {
    func holds(_ permission: Permission, _ role: Role?) -> Bool {
      guard let role, let least = AccessPolicy.leastRole(for: permission) else { return false }
      return role >= least
    }
    switch rule {
    case .anyone, .signedIn: return 299
    case .installation(let permission): return holds(permission, caller.installation) ? 299 : 403
    case .namespace(let permission):
      let role = place == own ? caller.own : nil
      if holds(permission, caller.installation) || holds(permission, role) { return 299 }
      return caller.installation == nil && role == nil ? 404 : 403
    }
  }

  private static func path(_ route: Route, in namespace: NamespaceName) -> String {
    route.template.split(separator: "/").map { segment in
      segment == "{namespace}" ? namespace.text : segment.hasPrefix("{") ? "x" : String(segment)
    }.reduce(into: "") { $0 += "/" + $1 }
  }

  /// How many cases went otherwise than the policy says, and how many there were.
  private static func run(
    _ routes: [Route], _ context: ServiceContext
  ) async -> (wrong: [String], count: Int) {
    var (wrong, count): ([String], Int) = ([], 0)
    for caller in callers {
      let router = Router(
        routes, authenticator: Doorman(principal: caller.principal), context: context)
      for route in routes {
        guard let rule = AccessPolicy.rules[route.name] else {
          wrong.append("\(route.name) is in no policy")
          continue
        }
        for place in ["own", "foreign", "ow", "owner", "missing"].map({
          NamespaceName(unchecked: $0)
        }) {
          for credentials in [["good"]] + (place == own ? badCredentials : []) {
            let isGood = credentials == ["good"]
            let response = await router.respond(
              to: HTTPRequest(
                method: route.method, path: path(route, in: place),
                fields: HTTPFields(credentials.map { HTTPField("Authorization", $0) })))
            let right = isGood || rule == .anyone ? expected(rule, caller, in: place) : 401
            count += 1
            if response.status != right {
              wrong.append(
                "\(route.name) as \(caller.name) in \(place) with \(credentials): "
                  + "\(response.status), not \(right)"
              )
            }
          }
        }
      }
    }
    return (wrong, count)
  }

  @Test func `every route opens to exactly whom the policy says`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = try Scene(world)
      try await scene.ready()
      let routes = scene.routes
      #expect(SortedSet(routes.map(\.name)) == SortedSet(AccessPolicy.rules.keys))
      let (wrong, count) = await AuthorizationMatrixTests.run(
        AuthorizationMatrixTests.reached(routes), ServiceContext(world.here))
      #expect(wrong.isEmpty, "\(wrong.prefix(5))")
      #expect(count >= 3_000, "\(count) cases")
    }
  }

  /// The negative control: a rule that is gone or another one turns the matrix red.
  @Test func `the matrix notices every single rule that is loosened or changed`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = try Scene(world)
      try await scene.ready()
      let routes = scene.routes
      let context = ServiceContext(world.here)
      for route in routes where route.access != .anyone {
        let others: [Access] = [
          .anyone, route.access == .signedIn ? .allowed(.userEdit, in: .installation) : .signedIn,
          .allowed(.runRead, in: .installation),
        ]
        for other in others where other != route.access {
          let mutant = AuthorizationMatrixTests.reached([route], replacing: { _ in other })
          let (wrong, _) = await AuthorizationMatrixTests.run(mutant, context)
          #expect(!wrong.isEmpty, "\(route.name) with \(other)")
        }
      }
    }
  }

  /// What is public is an exact route, never something that looks like one.
  @Test func `paths that look like public ones are not public`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = try Scene(world)
      try await scene.ready()
      let context = ServiceContext(world.here)
      let routes = AuthorizationMatrixTests.reached(scene.routes) + HealthRoutes.all
      let router = Router(
        routes, authenticator: Doorman(principal: .anyone), context: context)
      let open = routes.filter { $0.access == .anyone }.map(\.template)
      var count = 0
      for route in routes where route.access != .anyone {
        let path = AuthorizationMatrixTests.path(route, in: AuthorizationMatrixTests.own)
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
