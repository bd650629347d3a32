internal import Domain
public import Ports

/// Answers requests by their routes. What is public is what a route says; everything else needs
/// credentials before anything about the route is told.
public struct Router: HTTPHandler {
  public let routes: [Route]
  let authenticator: any Authenticator
  let context: ServiceContext
  let audit: (any AuditTrail)?
  let gate: GatewayGate?
  /// Where the process itself is looked into.
  private let looks: [String]

  /// - Parameters:
  ///   - audit: gets an entry for each request that changes something or is denied, unless its
  ///     handler has written one.
  ///   - gate: lets requests in by the gateway only; nil where clients come by themselves.
  public init(
    _ routes: [Route], authenticator: any Authenticator, context: ServiceContext,
    audit: (any AuditTrail)? = nil, gate: GatewayGate? = nil
  ) {
    self.routes = routes
    self.authenticator = authenticator
    self.context = context
    self.audit = audit
    self.gate = gate
    looks = routes.filter { $0.entrance == .direct }.map(\.template)
  }

  /// How far a request came.
  struct Passage {
    /// Where it stands in its trace, and below what.
    let place: (here: TraceContext, parent: SpanID?)
    let arrivedAt: Moment
    var route: Route?
    var request: RouteRequest?
    var problem: Problem?
  }

  public func respond(to received: HTTPRequest) async -> HTTPResponse {
    let arrival =
      gate?.arrival(of: received) ?? GatewayGate.Arrival(request: received, identities: nil)
    let id = context.newID(RequestID.self)
    // Looks at the process itself come every few seconds.
    let isLook = looks.contains(arrival.request.path)
    let place = context.place(of: arrival.request, id, begins: !isLook)
    return await CurrentTrace.$context.withValue(place.here) {
      await respond(to: arrival, id, Passage(place: place, arrivedAt: context.time.now()))
    }
  }

  private func respond(
    to arrival: GatewayGate.Arrival, _ id: RequestID, _ passage: Passage
  ) async -> HTTPResponse {
    var passage = passage
    let request = arrival.request
    let started = context.time.uptime()
    var response: HTTPResponse
    do throws(Problem) {
      response = try await answer(arrival, id, &passage).finished(for: request)
    } catch {
      passage.problem = error
      response = error.response(requestID: id.text)
    }
    await note(request, id, passage, response.status)
    tell(request, id, passage, response.status)
    response.fields.fields += [
      HTTPField("X-Request-Id", id.text), HTTPField("X-Content-Type-Options", "nosniff"),
    ]
    if response.fields["cache-control"] == nil {
      response.fields.fields.append(HTTPField("Cache-Control", "no-store"))
    }
    context.telemetry.log(
      response.status >= 500 ? .error : .debug, "http.answered",
      [
        ("request_id", id.text), ("method", request.method), ("path", request.path),
        ("status", "\(response.status)"),
      ])
    context.telemetry.measure(
      "http_request", context.time.uptime() - started,
      [
        ("method", passage.route?.method ?? "other"),
        ("route", passage.route?.template ?? "none"), ("status", "\(response.status)"),
      ])
    return response
  }

  private func answer(
    _ arrival: GatewayGate.Arrival, _ id: RequestID, _ passage: inout Passage
  ) async throws(Problem) -> HTTPResponse {
    let request = arrival.request
    let match = try await match(request)
    let route = match.route
    passage.route = route
    let sender = try await sender(arrival, route)
    // What follows concerns somebody who is known, also when the query cannot be read.
    let check = AccessCheck(entry: context.newID())
    func routed(_ query: SortedMap<String, String>) -> RouteRequest {
      RouteRequest(
        http: request, requestID: id, principal: sender, path: match.values, query: query,
        access: route.access, check: check)
    }
    passage.request = routed([:])
    let query = try QueryParameters(request.query, known: route.parameters)
    let routed = routed(query.values)
    try authorize(routed)
    var response = try await route.handle(routed)
    if case .allowed(_, in: .content) = route.access, response.status < 400, !check.isAuthorized {
      context.telemetry.log(.error, "http.unchecked", [("route", route.name)])
      throw Problem(500, "unchecked", "the route did not check whose request it answered")
    }
    if case .stream(let body) = response.body, route.access != .anyone {
      response.body = .stream { sink in
        try await body(
          GuardedSink(sink, time: context.time) { () async throws(Problem) in
            try await recheck(routed)
          })
      }
    }
    return response
  }

  private func match(
    _ request: HTTPRequest
  ) async throws(Problem) -> (route: Route, values: SortedMap<String, String>) {
    let path = try PathSegments(request.path)
    let method = request.method == "HEAD" ? "GET" : request.method
    let found = routes.compactMap { route in
      path.match(route.segments).map { (route: route, values: $0) }
    }
    // Literal segments are more special than braces: /v1/runs/count is no run named count.
    let best = found.max { $0.values.count > $1.values.count }
    let exact = found.filter { $0.values.count == best?.values.count }
    if let match = exact.first(where: { $0.route.method == method }) { return match }
    // Nobody learns which routes exist without being signed in.
    _ = try await principal(request)
    guard !exact.isEmpty else { throw Problem.notFound("this path") }
    let methods = exact.map(\.route.method)
    let allowed = (methods.contains("GET") ? methods + ["HEAD"] : methods).sorted()
      .joined(separator: ", ")
    throw Problem(
      405, "method-not-allowed", "\(request.method) is not possible here; \(allowed) is",
      fields: [HTTPField("Allow", allowed)])
  }

  /// Whether the sender is still who it was and may still have what it gets.
  private func recheck(_ request: RouteRequest) async throws(Problem) {
    let sender = try await principal(request.http)
    guard sender.id == request.principal.id, sender.kind == request.principal.kind else {
      throw Problem.unauthenticated("the credentials are somebody else's", error: "invalid_token")
    }
    guard case .allowed(let permission, _) = request.access else { return }
    if let namespace = request.check.namespace {
      try sender.require(permission, in: namespace, missing: "namespace \(namespace)")
    } else if !sender.may(permission) {
      throw Problem.forbidden(sender.name, permission, " in the whole installation")
    }
  }

  /// Requests that change something, and denials of any.
  private func note(
    _ request: HTTPRequest, _ id: RequestID, _ passage: Passage, _ status: Int
  ) async {
    guard let audit else { return }
    let isDenied = status == 401 || status == 403
    guard isDenied || passage.route?.isMutating == true,
      passage.request?.check.isAudited != true
    else { return }
    let action = passage.route?.name ?? request.method
    let entry = passage.request?.check.entry ?? context.newID(AuditID.self)
    let now = context.time.now()
    if let routed = passage.request {
      let outcome: AuditEntry.Outcome =
        status < 400 ? .done : status == 503 ? .unknown : .refused
      await audit.note(
        AuditEntry(
          id: entry, at: now, request: routed, action: action, outcome: outcome, status: status,
          code: passage.problem?.code ?? ""))
    } else if let problem = passage.problem {
      await audit.note(
        AuditEntry(
          id: entry, at: now, request: request, requestID: id, action: action, problem: problem))
    }
  }

  private func sender(
    _ arrival: GatewayGate.Arrival, _ route: Route
  ) async throws(Problem) -> Principal {
    try gate?.admit(arrival, route)
    switch route.access {
    case .anyone: return .anyone
    case .signedIn, .allowed:
      let sender = try await principal(arrival.request)
      try await gate?.confirm(arrival, of: sender, route)
      return sender
    }
  }

  /// Everything that can be judged before the handler runs.
  private func authorize(_ request: RouteRequest) throws(Problem) {
    guard case .allowed(let permission, let place) = request.access else { return }
    let sender = request.principal
    switch place {
    case .path:
      let text = request.segment("namespace")
      guard let namespace = NamespaceName(text) else { throw Problem.notFound("namespace \(text)") }
      try request.authorize(in: namespace)
    case .query:
      try request.authorize(in: try request.namespace())
    case .content:
      guard sender.mayAnywhere(permission) else {
        throw Problem.forbidden(sender.name, permission, "")
      }
    case .installation, .unnamed:
      guard sender.may(permission) else {
        throw Problem.forbidden(sender.name, permission, " in the whole installation")
      }
    }
  }

  private func principal(_ request: HTTPRequest) async throws(Problem) -> Principal {
    try await authenticator.principal(authorization: request.fields.all("authorization"))
  }
}

/// The segments of a path, decoded once. Anything that could mean two things to two readers is
/// refused: empty and dot segments, encoded slashes, NUL.
struct PathSegments {
  let segments: [String]

  init(_ path: String) throws(Problem) {
    guard path.hasPrefix("/") else { throw PathSegments.problem("does not begin with a slash") }
    var segments: [String] = []
    for raw in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let text = PercentCoding.decoded(raw, plusIsBlank: false) else {
        throw PathSegments.problem("has a broken percent sign or bytes that are not UTF-8")
      }
      guard !text.isEmpty || path == "/" else { throw PathSegments.problem("has an empty segment") }
      // By bytes: a slash with a combining mark behind it is another character, not another byte.
      guard text != ".", text != "..", !text.utf8.contains(0),
        !text.utf8.contains(UInt8(ascii: "/"))
      else {
        throw PathSegments.problem("has a segment that is not allowed")
      }
      segments.append(text)
    }
    self.segments = segments
  }

  private static func problem(_ what: String) -> Problem {
    Problem(400, "bad-path", "the path \(what)")
  }

  /// The values of the segments in braces; nil when the path is not of this template.
  func match(_ template: [Substring]) -> SortedMap<String, String>? {
    guard template.count == segments.count else { return nil }
    var values: SortedMap<String, String> = [:]
    for (wanted, segment) in zip(template, segments) {
      if wanted.first == "{", wanted.last == "}" {
        values[String(wanted.dropFirst().dropLast())] = segment
      } else if !segment.utf8.elementsEqual(wanted.utf8) {
        return nil
      }
    }
    return values
  }
}

/// Query parameters: each known, each at most once.
struct QueryParameters {
  var values: SortedMap<String, String> = [:]

  static let bytesMax = 8_192

  init(_ query: String?, known: [String]) throws(Problem) {
    guard let query, !query.isEmpty else { return }
    guard query.utf8.count <= QueryParameters.bytesMax else {
      throw Problem(400, "bad-query", "the query is longer than \(QueryParameters.bytesMax) bytes")
    }
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = PercentCoding.decoded(parts[0], plusIsBlank: true),
        let value = PercentCoding.decoded(parts.count > 1 ? parts[1] : "", plusIsBlank: true)
      else { throw Problem(400, "bad-query", "'\(pair)' is not percent-encoded UTF-8") }
      guard !name.utf8.contains(0), !value.utf8.contains(0) else {
        throw Problem(400, "bad-query", "'\(pair)' has a NUL, which nothing here contains")
      }
      // A known name that ends in a dot takes any name behind it, as `label.` does.
      let isKnown = known.contains { $0 == name || ($0.hasSuffix(".") && name.hasPrefix($0)) }
      guard isKnown else {
        throw Problem.parameter(
          name,
          known.isEmpty
            ? "is not known; this route takes no parameters"
            : "is not known; this route takes \(known.joined(separator: ", "))")
      }
      guard values[name] == nil else { throw Problem.parameter(name, "was sent more than once") }
      values[name] = value
    }
  }
}

/// Percent-encoding of RFC 3986 §2.1.
public enum PercentCoding {
  /// Nil for broken escapes and for bytes that are not UTF-8.
  public static func decoded(_ text: some StringProtocol, plusIsBlank: Bool) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8.makeIterator()
    while let byte = rest.next() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = rest.next().flatMap(digit), let low = rest.next().flatMap(digit) else {
          return nil
        }
        bytes.append(high << 4 | low)
      case UInt8(ascii: "+") where plusIsBlank:
        bytes.append(UInt8(ascii: " "))
      default:
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Everything but unreserved characters becomes an escape.
  public static func encoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      let isUnreserved =
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || [UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~")].contains(
          byte)
      if isUnreserved {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let hex = String(byte, radix: 16, uppercase: true)
        result += byte < 16 ? "%0\(hex)" : "%\(hex)"
      }
    }
    return result
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
