import Domain
import Ports
import ServiceKit
import SimulationKit
import Testing

/// Whom the router lets through, by where a route says that its namespace is.
struct RouterAccessTests {
  private static let one = NamespaceName(unchecked: "one")

  private struct Fixed: Authenticator {
    let principal: Principal

    func principal(authorization: [String]) async throws(Problem) -> Principal {
      guard authorization == ["good"] else {
        throw Problem.unauthenticated("no", error: "invalid_token")
      }
      return principal
    }
  }

  private static let routes: [Route] = [
    Route("GET", "/open", .anyone) { _ throws(Problem) in HTTPResponse(status: 200) },
    Route("GET", "/mine", .signedIn) { _ throws(Problem) in HTTPResponse(status: 200) },
    Route("GET", "/in/{namespace}/runs", .allowed(.runRead)) { _ throws(Problem) in
      HTTPResponse(status: 200)
    },
    Route("GET", "/runs", .allowed(.runRead), parameters: ["namespace"]) { _ throws(Problem) in
      HTTPResponse(status: 200)
    },
    Route("GET", "/runs/{run}", .allowed(.runRead, in: .content)) { request throws(Problem) in
      try request.authorize(
        in: NamespaceName(unchecked: request.segment("run")), missing: "that run")
      return HTTPResponse(status: 200)
    },
    Route("GET", "/forgotten/{run}", .allowed(.runRead, in: .content)) { _ throws(Problem) in
      HTTPResponse(status: 200)
    },
    Route("GET", "/all", .allowed(.runRead, in: .installation)) { _ throws(Problem) in
      HTTPResponse(status: 200)
    },
    Route("GET", "/silent/{run}", .allowed(.runRead)) { _ throws(Problem) in
      HTTPResponse(status: 200)
    },
  ]

  private func statuses(
    _ principal: Principal, _ targets: [String], credentials: String = "good"
  ) throws -> [Int] {
    try Simulation.run(seed: 1) { world in
      let router = Router(
        RouterAccessTests.routes, authenticator: Fixed(principal: principal),
        context: ServiceContext(world.here))
      var statuses: [Int] = []
      for target in targets {
        let parts = target.split(separator: "?")
        let response = await router.respond(
          to: HTTPRequest(
            method: "GET", path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : nil,
            fields: [HTTPField("Authorization", credentials)]))
        statuses.append(response.status)
      }
      return statuses
    }
  }

  private func principal(in namespace: NamespaceName?, _ role: Role?) -> Principal {
    let permissions = role?.permissions ?? []
    return Principal(
      id: "usr_1", kind: .user, name: "ann",
      permissions: namespace == nil ? permissions : [],
      namespaces: namespace.map { [$0: permissions] } ?? [:])
  }

  private static let everywhere = [
    "/open", "/mine", "/in/one/runs", "/in/two/runs", "/runs?namespace=one", "/runs",
    "/runs/one", "/runs/two", "/all", "/silent/one",
  ]

  @Test func `a role in a namespace opens that namespace and hides the others`() throws {
    let found = try statuses(
      principal(in: RouterAccessTests.one, .viewer), RouterAccessTests.everywhere)
    #expect(found == [200, 200, 200, 404, 200, 404, 200, 404, 403, 403])
  }

  @Test func `a role in the installation opens every namespace`() throws {
    let found = try statuses(principal(in: nil, .viewer), RouterAccessTests.everywhere)
    #expect(found == RouterAccessTests.everywhere.map { _ in 200 })
  }

  @Test func `who has no role is let through to nothing but its own`() throws {
    let found = try statuses(principal(in: nil, nil), RouterAccessTests.everywhere)
    #expect(found == [200, 200, 404, 404, 404, 404, 403, 403, 403, 403])
  }

  @Test func `bad credentials open what is open to anyone and nothing else`() throws {
    let found = try statuses(
      principal(in: nil, .admin), RouterAccessTests.everywhere + ["/nowhere"], credentials: "bad")
    #expect(found == [200] + Array(repeating: 401, count: 10))
  }

  @Test func `a known namespace without the permission is forbidden, not missing`() throws {
    var ann = principal(in: RouterAccessTests.one, .viewer)
    ann.namespaces[RouterAccessTests.one] = [.logRead]
    #expect(try statuses(ann, ["/in/one/runs", "/runs?namespace=one"]) == [403, 403])
  }

  @Test func `a handler that forgets to ask for the namespace is answered with an error`() throws {
    #expect(try statuses(principal(in: nil, .admin), ["/forgotten/one"]) == [500])
  }

  @Test func `names that are nearly the same are different namespaces`() throws {
    let near = ["on", "onee", "One", "oen", "one-", "one%20", "%6fne", "o%6ee", "one;x", "one%00"]
    let found = try statuses(
      principal(in: RouterAccessTests.one, .admin), near.map { "/in/\($0)/runs" })
    // Percent-encoded letters are the letters themselves: one path, decoded once.
    #expect(found == [404, 404, 404, 404, 404, 404, 200, 200, 404, 400])
  }
}

extension ServiceContext {
  fileprivate init(_ environment: ProcessEnvironment) {
    self.init(
      process: ProcessID(at: environment.time.now(), random: environment.randomness.next),
      time: environment.time, randomness: environment.randomness, spawner: environment.spawner,
      telemetry: environment.telemetry, probe: environment.probe)
  }
}
