import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import TestSupport
import Testing

struct RouterTests {
  private static let token = "secret"

  private static func route(
    _ method: String, _ template: String, parameters: [String] = []
  ) -> Route {
    Route(method, template, .allowed(.runRead), parameters: parameters) { request throws(Problem) in
      .json(
        .object([
          "route": .string("\(method) \(template)"),
          "path": .object(request.path.mapValues(Value.string)),
          "query": .object(request.query.mapValues(Value.string)),
        ]))
    }
  }

  private static let routes =
    [
      route("GET", "/v1/runs", parameters: ["limit", "label."]), route("POST", "/v1/runs"),
      route("GET", "/v1/runs/{run}"), route("GET", "/v1/runs/count"),
      route("POST", "/v1/runs/{run}/cancel"),
      Route("GET", "/v1/tagged", .allowed(.runRead)) { _ throws(Problem) in
        .json(.object([:]), fields: [HTTPField("ETag", "\"v1\"")])
      },
      Route("GET", "/v1/pages", .allowed(.runRead), parameters: ["limit", "cursor", "label."]) {
        request throws(Problem) in
        .page(
          [], next: request.query["cursor"] == nil ? ListCursor(place: ["p"]) : nil, "pages",
          CursorSeal(key: "key", digest: FakeDigest()))
      },
      Route("GET", "/v1/broken", .allowed(.runRead)) { _ throws(Problem) in
        throw Problem.unavailable("the store does not answer")
      },
    ] + HealthRoutes.all

  private func answer(
    _ method: String, _ path: String, query: String? = nil, token: String? = RouterTests.token,
    _ more: [HTTPField] = []
  ) throws -> HTTPResponse {
    try Simulation.run(seed: 1) { world in
      let owner = Principal(name: "ann", permissions: [.runRead])
      let router = Router(
        RouterTests.routes,
        authenticator: TokenAuthenticator(token: RouterTests.token, owner: owner) { $0 },
        context: world.here.service)
      return await router.respond(
        to: HTTPRequest(
          method: method, path: path, query: query,
          fields: HTTPFields(
            (token.map { [HTTPField("Authorization", "Bearer \($0)")] } ?? []) + more)))
    }
  }

  private func route(_ method: String, _ path: String, query: String? = nil) throws -> String {
    let response = try answer(method, path, query: query)
    if case .string(let name)? = response.json?["route"] { return name }
    return "\(response.status)"
  }

  /// Source: RFC 9110 §13.1.2 and §8.8.3.2, weak comparison.
  @Test(arguments: [
    (["\"v1\""], 304), (["W/\"v1\""], 304), (["*"], 304), (["\"v0\", \"v1\""], 304),
    (["\"v0\"", "\"v1\""], 304), (["\"v0\""], 200), (["v1"], 200), ([], 200),
  ])
  func `what a client has already is not sent again`(_ tags: [String], _ status: Int) throws {
    let fields = tags.map { HTTPField("If-None-Match", $0) }
    let response = try answer("GET", "/v1/tagged", query: nil, token: RouterTests.token, fields)
    #expect(response.status == status)
    #expect(response.fields["etag"] == "\"v1\"")
    if status == 304 {
      guard case .bytes([]) = response.body else {
        Issue.record("a body")
        return
      }
      #expect(response.fields["content-type"] == nil)
    }
    #expect(
      try answer("GET", "/v1/runs/count", query: nil, token: RouterTests.token, fields).status
        == 200)
  }

  /// Source: RFC 8288.
  @Test func `a page links to the next one, with everything else of its query`() throws {
    let first = try answer("GET", "/v1/pages", query: "limit=2&label.team=a%20b")
    let link = try #require(first.fields["link"])
    #expect(link.hasPrefix("</v1/pages?limit=2&label.team=a%20b&cursor="))
    #expect(link.hasSuffix(">; rel=\"next\""))
    let query = link.dropFirst("</v1/pages?".count).prefix { $0 != ">" }
    let last = try answer("GET", "/v1/pages", query: String(query))
    #expect(last.status == 200)
    #expect(last.fields["link"] == nil)
    let again = try answer("GET", "/v1/pages", query: "limit=2&label.team=a%20b")
    #expect(again.fields["link"] == link)
  }

  @Test func `the most literal route of a path answers`() throws {
    #expect(try route("GET", "/v1/runs") == "GET /v1/runs")
    #expect(try route("POST", "/v1/runs") == "POST /v1/runs")
    #expect(try route("GET", "/v1/runs/count") == "GET /v1/runs/count")
    #expect(try route("GET", "/v1/runs/counts") == "GET /v1/runs/{run}")
    #expect(try route("HEAD", "/v1/runs") == "GET /v1/runs")
    #expect(try route("POST", "/v1/runs/x/cancel") == "POST /v1/runs/{run}/cancel")
  }

  @Test func `segments are decoded once`() throws {
    let response = try answer("GET", "/v1/runs/a%2Db%2525%20%C3%A4+c")
    #expect(response.json?["path"] == .object(["run": .string("a-b%25 ä+c")]))
  }

  @Test(arguments: [
    "v1/runs", "/v1//runs", "/v1/runs/", "/", "//", "/v1/./runs", "/v1/runs/..", "/v1/%2e%2E/runs",
    "/v1/runs/a%2fb", "/v1/runs/a%2F%CC%B8b", "/v1/runs/%00", "/v1/runs/a%", "/v1/runs/a%2",
    "/v1/runs/a%zz", "/v1/runs/%ff", "/v1/runs/%c0%af", "/v1/runs/%ed%a0%80",
  ])
  func `a path that two readers could understand differently is refused`(path: String) throws {
    let status = try answer("GET", path).status
    #expect(status == (path == "/" ? 404 : 400), "\(path)")
  }

  @Test func `letters that only look like a route's are none of its`() throws {
    #expect(try answer("GET", "/V1/runs").status == 404)
    #expect(try answer("GET", "/v1/runs;x=1").status == 404)
    #expect(try answer("GET", "/v1/runs", query: "limi%74=1").status == 200)
    #expect(try answer("GET", "/v1/runs", query: "Limit=1").status == 400)
  }

  @Test func `what is possible on a path is said, to who is signed in`() throws {
    let response = try answer("DELETE", "/v1/runs")
    #expect(response.status == 405)
    #expect(response.fields["allow"] == "GET, HEAD, POST")
    #expect(try answer("GET", "/v1/runs/x/cancel").fields["allow"] == "POST")
    #expect(try answer("DELETE", "/v1/runs", token: nil).status == 401)
    #expect(try answer("GET", "/v1/nothing", token: nil).status == 401)
    #expect(try answer("GET", "/v1/nothing", token: "other").status == 401)
    #expect(try answer("GET", "/v1/nothing").status == 404)
  }

  @Test func `health is open and nothing else is`() throws {
    for route in RouterTests.routes where route.method == "GET" {
      let status = try answer("GET", route.template, token: nil).status
      #expect(status == (["/livez", "/readyz", "/healthz"].contains(route.template) ? 200 : 401))
    }
  }

  @Test func `every answer names its request and is not to be guessed or kept`() throws {
    for response in [
      try answer("GET", "/v1/runs"), try answer("GET", "/v1/broken"), try answer("GET", "/livez"),
      try answer("PATCH", "/v1/runs"), try answer("GET", "//"),
    ] {
      let id = try #require(response.fields["x-request-id"])
      #expect(RequestID(text: id) != nil)
      #expect(response.fields["x-content-type-options"] == "nosniff")
      #expect(response.fields["cache-control"] == "no-store")
      guard response.status >= 400 else { continue }
      #expect(response.fields["content-type"] == "application/problem+json")
      #expect(response.json?["requestId"] == .string(id))
      #expect(response.json?["status"] == .integer(Int64(response.status)))
    }
    #expect(try answer("GET", "/v1/broken").fields["retry-after"] == "1")
  }

  @Test func `parameters are known, decoded and sent once`() throws {
    let query = try answer("GET", "/v1/runs", query: "label.a%20b=x%3Dy+z&limit=3&&label.c")
      .json?["query"]
    #expect(
      query
        == .object(["label.a b": .string("x=y z"), "limit": .string("3"), "label.c": .string("")]))
    for wrong in [
      "limit=1&limit=2", "cursor=x", "label", "limit=%", "limit=%ff", "%00=1", "limit=%00",
      "label.x=a%00b",
    ] {
      let response = try answer("GET", "/v1/runs", query: wrong)
      #expect(response.status == 400, "\(wrong)")
    }
    let unknown = try answer("GET", "/v1/runs/x", query: "limit=1").json
    #expect(unknown?["errors"]?[0]?["pointer"] == .string("limit"))
  }

  @Test func `a query is as long as it may be and no longer`() throws {
    let rest = "label.x="
    for (length, status) in [(8_191, 200), (8_192, 200), (8_193, 400)] {
      let query = rest + String(repeating: "y", count: length - rest.utf8.count)
      #expect(try answer("GET", "/v1/runs", query: query).status == status, "\(length)")
    }
  }

  /// Goal: the matrix that judges services would notice a route without its rule.
  /// Method: judge a router whose routes are not as the policy says.
  @Test func `the credential matrix finds every difference from the policy`() throws {
    try Simulation.run(seed: 1) { world in
      let context = world.here.service
      let rules: [CredentialMatrix.Rule] = [
        .init("GET /v1/a", .runRead), .init("GET /v1/b", nil), .init("GET /v1/gone", .runRead),
      ]
      let good = [
        Route("GET", "/v1/a", .allowed(.runRead)) { _ throws(Problem) in
          HTTPResponse(status: 200)
        },
        Route("GET", "/v1/b", .anyone) { _ throws(Problem) in HTTPResponse(status: 200) },
      ]
      let matrix = CredentialMatrix(good, rules)
      #expect(matrix.gaps == ["GET /v1/gone is no route"])
      #expect(await matrix.violations(in: context) == [])
      #expect(await matrix.survivors(in: context) == [])
      #expect(await matrix.aliases(in: context) == [])
      let open = Route("GET", "/v1/a", .anyone) { _ throws(Problem) in HTTPResponse(status: 200) }
      #expect(
        await CredentialMatrix([open, good[1]], rules).violations(in: context).count == 5)
      let closed = Route("GET", "/v1/b", .allowed(.runRead)) { _ throws(Problem) in
        HTTPResponse(status: 200)
      }
      #expect(await CredentialMatrix([good[0], closed], rules).violations(in: context).count == 5)
      #expect(
        CredentialMatrix([open, open], rules).gaps
          == ["GET /v1/a", "GET /v1/b", "GET /v1/gone"].map { "\($0) is no route" })
    }
  }
}
