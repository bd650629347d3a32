public import Domain
public import Ports

/// One route: method, exact template, who may use it, what it does.
public struct Route: Sendable {
  public typealias Handler = @Sendable (RouteRequest) async throws(Problem) -> HTTPResponse

  public let method: String
  /// `/v1/runs/{run}/cancel`: a segment in braces takes any one segment.
  public let template: String
  public let access: Access
  /// Query parameters that it knows; any other is refused.
  public let parameters: [String]
  public private(set) var entrance = Entrance.gateway
  public private(set) var pace = Pace.prompt
  let handle: Handler
  let segments: [Substring]

  public init(
    _ method: String, _ template: String, _ access: Access, parameters: [String] = [],
    _ handle: @escaping Handler
  ) {
    self.method = method
    self.template = template
    self.access = access.resolved(template: template, parameters: parameters)
    self.parameters = parameters
    self.handle = handle
    segments = template.split(separator: "/")
  }

  /// By which way its requests come in.
  public enum Entrance: Hashable, Sendable {
    /// From clients: by the gateway, where there is one.
    case gateway
    /// From those that run the process, at its own address only: health, metrics.
    case direct
  }

  /// How long an answer may take as a whole.
  public enum Pace: Hashable, Sendable {
    case prompt
    /// As long as something moves: streams, and contents of any length.
    case steady
  }

  /// The same route for those that run the process.
  public var direct: Route {
    var route = self
    route.entrance = .direct
    return route
  }

  /// The same route, whose answers or bodies take as long as they take.
  public var steady: Route {
    var route = self
    route.pace = .steady
    return route
  }

  /// Whether it changes something: everything that is not only read.
  public var isMutating: Bool { method != "GET" && method != "HEAD" }

  /// Method and template: what an audit calls it.
  public var name: String { method + " " + template }
}

/// A request that found its route, its sender known and allowed.
public struct RouteRequest: Sendable {
  public let http: HTTPRequest
  public let requestID: RequestID
  public let principal: Principal
  /// Segments by their names in the template, decoded.
  public let path: SortedMap<String, String>
  /// Query parameters, decoded; each at most once.
  public let query: SortedMap<String, String>
  let access: Access
  let check: AccessCheck

  /// Checks the route's permission in the namespace that the body or the object belongs to. For
  /// routes whose namespace is `.content`, before anything is told or done.
  ///
  /// - Parameter missing: what does not exist for who has no business in that namespace, in the
  ///   words that are used when it really does not: nobody learns the difference.
  /// - Throws: 404 or 403.
  public func authorize(
    in namespace: NamespaceName, missing: String? = nil
  ) throws(Problem) {
    check.authorize(in: namespace)
    guard case .allowed(let permission, _) = access else { return }
    try principal.require(
      permission, in: namespace, missing: missing ?? "namespace \(namespace)")
  }

  /// What its entry of the audit is called.
  public var auditID: AuditID { check.entry }

  /// Says that the handler has written the audit entry of this request together with what it did:
  /// the router writes none.
  public func audited() { check.audit() }

  /// A segment of the path; routes only ask for names in their own template.
  public func segment(_ name: String) -> String { path[name] ?? "" }

  /// The whole body, at most `bytesMax`.
  public func body(upTo bytesMax: Int) async throws(Problem) -> [UInt8] {
    await http.body.allow(upTo: bytesMax)
    var bytes: [UInt8] = []
    while true {
      let piece: [UInt8]?
      do throws(HTTPError) {
        piece = try await http.body.next()
      } catch {
        switch error {
        case .tooLarge: throw Problem.tooLarge(bytesMax)
        case .timedOut: throw Problem(408, "slow-body", "the body took too long to arrive")
        case .malformed(let why): throw Problem(400, "malformed-body", why)
        case .disconnected, .unreachable:
          throw Problem(400, "body-cut", "the connection ended before the body did")
        }
      }
      guard let piece else { return bytes }
      guard bytes.count + piece.count <= bytesMax else { throw Problem.tooLarge(bytesMax) }
      bytes += piece
    }
  }

  /// The body's media type without parameters, in lower case; nil when none was sent.
  public var contentType: String? {
    http.fields["content-type"].map { value in
      String(value.prefix { $0 != ";" }).lowercased().filter { $0 != " " }
    }
  }

  /// The media types that the sender takes, in the order sent; empty means any.
  public var accepts: [String] {
    http.fields.all("accept").flatMap { $0.split(separator: ",") }.map { part in
      String(part.prefix { $0 != ";" }).lowercased().filter { $0 != " " }
    }
  }

  /// A whole number of the query within bounds.
  public func number(
    _ name: String, default fallback: Int, in bounds: ClosedRange<Int>
  ) throws(Problem) -> Int {
    guard let text = query[name] else { return fallback }
    guard let number = Int(text), bounds.contains(number) else {
      throw Problem.parameter(
        name,
        "is '\(text)'; it takes a whole number from \(bounds.lowerBound) to \(bounds.upperBound)")
    }
    return number
  }

  /// A switch of the query: `true` or `false`.
  public func flag(_ name: String) throws(Problem) -> Bool {
    switch query[name] {
    case nil, "false": return false
    case "true", "1", "": return true
    case let text?: throw Problem.parameter(name, "is '\(text)'; it takes true or false")
    }
  }
}

extension Problem {
  public static func tooLarge(_ bytesMax: Int) -> Problem {
    Problem(413, "too-large", "the body is larger than \(bytesMax) bytes")
  }

  public static func parameter(_ name: String, _ what: String) -> Problem {
    Problem(
      400, "bad-parameter", "\(name) \(what)",
      items: [Item(pointer: name, code: "bad-parameter", detail: what)])
  }
}
