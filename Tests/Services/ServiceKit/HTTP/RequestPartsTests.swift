import Domain
import Ports
import ServiceKit
import SimulationKit
import Synchronization
import TestSupport
import Testing
import Wire

struct RequestPartsTests {
  /// A body in pieces; an error instead of its end when told so.
  private final class Pieces: HTTPBodySource {
    private let rest: Mutex<[[UInt8]]>
    private let failure: HTTPError?

    init(_ pieces: [Int], failure: HTTPError? = nil) {
      rest = Mutex(pieces.map { [UInt8](repeating: UInt8(ascii: "x"), count: $0) })
      self.failure = failure
    }

    func next() async throws(HTTPError) -> [UInt8]? {
      if let piece = rest.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return piece }
      if let failure { throw failure }
      return nil
    }
  }

  /// The answer of a handler to a request.
  private func answer(
    fields: [HTTPField] = [], query: String? = nil, body: any HTTPBodySource = EmptyBody(),
    parameters: [String] = [],
    _ handle: @escaping @Sendable (RouteRequest) async throws(Problem) -> Value
  ) throws -> HTTPResponse {
    try Simulation.run(seed: 1) { world in
      let route = Route("POST", "/x", .anyone, parameters: parameters) { request throws(Problem) in
        .json(try await handle(request))
      }
      let router = Router(
        [route],
        authenticator: TokenAuthenticator(token: "", owner: .init(name: "", permissions: [])) {
          $0
        },
        context: world.here.service)
      return await router.respond(
        to: HTTPRequest(
          method: "POST", path: "/x", query: query, fields: HTTPFields(fields), body: body))
    }
  }

  @Test(arguments: [
    ([10], 200), ([9, 1], 200), ([9], 200), ([11], 413), ([10, 1], 413), ([1, 10], 413),
    ([Int](repeating: 1, count: 10), 200), ([Int](repeating: 1, count: 11), 413),
  ])
  func `a body is as long as it may be and no longer`(pieces: [Int], status: Int) throws {
    let response = try answer(body: Pieces(pieces)) { request throws(Problem) in
      .integer(Int64(try await request.body(upTo: 10).count))
    }
    #expect(response.status == status)
    if status == 200 { #expect(response.json == .integer(Int64(pieces.reduce(0, +)))) }
  }

  @Test(arguments: [
    (HTTPError.tooLarge, 413, "Too large"), (.timedOut, 408, "Too slow"),
    (.malformed("a chunk has no size"), 400, "Bad request"), (.disconnected, 400, "Bad request"),
    (.unreachable(""), 400, "Bad request"),
  ])
  func `a body that does not arrive is the sender's problem`(
    error: HTTPError, status: Int, title: String
  ) throws {
    let response = try answer(body: Pieces([5], failure: error)) { request throws(Problem) in
      .integer(Int64(try await request.body(upTo: 10).count))
    }
    #expect(response.status == status)
    #expect(response.json?["title"] == .string(title))
  }

  @Test(arguments: [
    (["application/json"], 200), (["Application/JSON ; charset=utf-8"], 200),
    (["application/json", "application/json"], 415), ([], 415), (["text/plain"], 415),
    (["application/jsonx"], 415), ([""], 415),
  ])
  func `a body is of a type that the route takes`(types: [String], status: Int) throws {
    let fields = types.map { HTTPField("Content-Type", $0) }
    let response = try answer(fields: fields) { request throws(Problem) in
      try request.requireContent(["application/json"])
      return .null
    }
    #expect(response.status == status)
    let packed = try answer(fields: fields + [HTTPField("Content-Encoding", "gzip")]) {
      request throws(Problem) in
      try request.requireContent(["application/json"])
      return .null
    }
    #expect(packed.status == 415)
  }

  @Test func `everything that is wrong with a body is said at once`() throws {
    let body = "{\n \"a\": 1,\n \"bb\": true,\n \"c\": \"x\"\n}"
    let response = try answer { _ throws(Problem) in
      try RouteRequest.read(Array(body.utf8)) { object -> Value? in
        _ = object.string("a")
        _ = object.boolean("b", .optional)
        return object.string("c", bytesMax: 0).map(Value.string)
      }
    }
    #expect(response.status == 400)
    #expect(response.json?["code"] == .string("invalid-body"))
    let errors = (0..<4).map { place in response.json?["errors"]?[place] }
    #expect(errors.map { $0?["pointer"] } == [.string("/a"), .string("/bb"), .string("/c"), nil])
    #expect(errors.map { $0?["line"] } == [.integer(2), .integer(3), .integer(4), nil])
    let broken = try answer { _ throws(Problem) in
      try RouteRequest.read(Array("{\"a\":1,\n\"a\":2}".utf8)) { _ -> Value? in .null }
    }
    #expect(broken.json?["errors"]?[0]?["code"] == .string("duplicate-name"))
    #expect(broken.json?["errors"]?[0]?["line"] == .integer(2))
  }

  @Test func `numbers, switches, names and instants are read strictly`() throws {
    func status(
      _ query: String, _ read: @escaping @Sendable (RouteRequest) throws(Problem) -> Value
    ) throws -> Int {
      try answer(query: query, parameters: ["limit", "flag", "namespace", "since"]) {
        request throws(Problem) in try read(request)
      }.status
    }
    for (text, expected) in [
      ("1", 200), ("200", 200), ("0", 400), ("201", 400), ("", 400), ("1x", 400), ("-1", 400),
      ("9223372036854775808", 400), ("1.0", 400),
    ] {
      #expect(
        try status("limit=\(text)") { request throws(Problem) in
          .integer(Int64(try request.number("limit", default: 50, in: 1...200)))
        } == expected, "limit=\(text)")
    }
    for (text, expected) in [
      ("true", 200), ("false", 200), ("1", 200), ("", 200), ("yes", 400), ("TRUE", 400),
    ] {
      #expect(
        try status("flag=\(text)") { request throws(Problem) in .boolean(try request.flag("flag")) }
          == expected, "flag=\(text)")
    }
    for (text, expected) in [("a", 200), ("A", 400), ("", 400), ("a%20", 400), ("a-", 400)] {
      #expect(
        try status("namespace=\(text)") { request throws(Problem) in
          .string(try request.namespace().text)
        } == expected, "namespace=\(text)")
    }
    for (text, expected) in [
      ("2026-01-31T12:00:00Z", 200), ("2026-01-31", 400), ("now", 400), ("", 400),
    ] {
      #expect(
        try status("since=\(text)") { request throws(Problem) in
          .time(try request.moment("since"))
        } == expected, "since=\(text)")
    }
  }

  @Test func `what the sender takes is read without its weights`() throws {
    let fields = [
      HTTPField("Accept", "text/plain;q=0.5, Application/JSON"), HTTPField("accept", "*/*"),
    ]
    let response = try answer(fields: fields) { request throws(Problem) in
      .array(request.accepts.map(Value.string))
    }
    #expect(
      response.json == .array(["text/plain", "application/json", "*/*"].map(Value.string)))
  }

  @Test func `a precondition that was sent twice is not passed over`() throws {
    let fields = [HTTPField("If-Match", "\"a\""), HTTPField("If-Match", "\"b\"")]
    let response = try answer(fields: fields) { request throws(Problem) in
      .array([
        .boolean(request.entityMatch?.allows("a") ?? true),
        .boolean(request.entityMatch?.allows("b") ?? true),
        .boolean(request.entityMatch?.allows("c") ?? true),
      ])
    }
    #expect(response.json == .array([.boolean(true), .boolean(true), .boolean(false)]))
  }
}
