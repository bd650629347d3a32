public import Domain
internal import Ports
public import ServiceKit

/// Every route of a router's own table × every kind of credentials × every role in every place,
/// judged by a policy that is written down apart from the routes.
///
/// Handlers are replaced by ones that only say that they were reached, so that nothing has an
/// effect; those whose namespace is in their content ask for it as they must.
public struct AuthorizationMatrix: Sendable {
  /// Who may use a route.
  public enum Rule: Hashable, Sendable {
    case anyone
    case signedIn
    /// Who holds the permission in the whole installation.
    case installation(Permission)
    /// Who holds it in the namespace that the request goes to.
    case namespace(Permission)
  }

  public typealias Policy = SortedMap<String, Rule>

  private let routes: [Route]
  private let policy: Policy

  public init(_ routes: [Route], _ policy: Policy) {
    self.routes = routes
    self.policy = policy
  }

  /// Routes without a rule.
  public var unruled: [String] {
    SortedSet(routes.map(\.name)).filter { policy[$0] == nil }
  }

  /// Rules without a route.
  public var stale: [String] {
    let names = SortedSet(routes.map(\.name))
    return policy.keys.filter { !names.contains($0) }
  }

  /// Everything in which the router differs from the policy, and how many requests were sent.
  public func violations(in context: ServiceContext) async -> (found: [String], cases: Int) {
    await violations(of: routes, in: context)
  }

  /// Changes of single rules that the matrix would not notice: each route opened to anyone, to
  /// whoever is signed in, or to who holds another permission. Must be empty, or the matrix proves
  /// nothing.
  public func survivors(in context: ServiceContext) async -> [String] {
    var survivors: [String] = []
    for route in routes where route.access != .anyone {
      let changes: [Access] = [
        .anyone, .signedIn, .allowed(.keyRotate, in: .installation),
        .allowed(.runRead, in: .installation),
      ]
      for change in changes where route.access != change {
        let changed = Route(
          route.method, route.template, change, parameters: route.parameters
        ) { _ throws(Problem) in HTTPResponse(status: AuthorizationMatrix.reached) }
        if await violations(of: [changed], in: context).found.isEmpty {
          survivors.append("\(route.name) with \(change)")
        }
      }
    }
    return survivors
  }

  // MARK: Callers and what they may expect

  private static let reached = 299
  private static let own = NamespaceName(unchecked: "own")

  /// Who asks: what it holds in the whole installation, and in its own namespace.
  private struct Caller: Sendable {
    var name: String
    var installation: SortedSet<Permission> = []
    var own: SortedSet<Permission> = []

    var principal: Principal {
      Principal(
        id: "usr_1", kind: .user, name: name, permissions: installation,
        namespaces: own.isEmpty ? [:] : [AuthorizationMatrix.own: own])
    }
  }

  private static let roles: [Caller] =
    [Caller(name: "who holds nothing")]
    + Role.allCases.map { Caller(name: "\($0) of own", own: $0.permissions) }
    + Role.allCases.map { Caller(name: "\($0) of all", installation: $0.permissions) }
    + [
      Caller(
        name: "viewer of all, admin of own", installation: Role.viewer.permissions,
        own: Role.admin.permissions)
    ]

  /// Every role, and who holds exactly what the rule asks for, or all but that.
  private func callers(for rule: Rule) -> [Caller] {
    switch rule {
    case .anyone, .signedIn: return AuthorizationMatrix.roles
    case .installation(let permission), .namespace(let permission):
      let others = SortedSet(Permission.allCases.filter { $0 != permission })
      return AuthorizationMatrix.roles + [
        Caller(name: "\(permission.rawValue) in own", own: [permission]),
        Caller(name: "\(permission.rawValue) in all", installation: [permission]),
        Caller(name: "all but \(permission.rawValue) in own", own: others),
        Caller(name: "all but \(permission.rawValue) in all", installation: others),
      ]
    }
  }

  /// One's own, and names that are nearly the same.
  private static let places = ["own", "foreign", "ow", "owner", "own2"].map {
    NamespaceName(unchecked: $0)
  }

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

  private func expected(_ rule: Rule, _ caller: Caller, in place: NamespaceName) -> Int {
    switch rule {
    case .anyone, .signedIn:
      return AuthorizationMatrix.reached
    case .installation(let permission):
      return caller.installation.contains(permission) ? AuthorizationMatrix.reached : 403
    case .namespace(let permission):
      let held = place == AuthorizationMatrix.own ? caller.own : []
      if caller.installation.contains(permission) || held.contains(permission) {
        return AuthorizationMatrix.reached
      }
      return caller.installation.isEmpty && held.isEmpty ? 404 : 403
    }
  }

  private func answer(
    _ route: Route, _ rule: Rule, _ caller: Caller, in place: NamespaceName
  ) -> Int {
    let right = expected(rule, caller, in: place)
    // Where the content says which namespace it is, who holds the permission nowhere is told so
    // before anything is looked for.
    if right == 404, case .allowed(let permission, in: .content) = route.access,
      !caller.principal.mayAnywhere(permission)
    {
      return 403
    }
    return right
  }

  // MARK: Requests

  private func violations(
    of routes: [Route], in context: ServiceContext
  ) async -> (found: [String], cases: Int) {
    var (found, cases): ([String], Int) = ([], 0)
    for place in AuthorizationMatrix.places {
      let stubs = routes.map { stub($0, in: place) }
      let isOwn = place == AuthorizationMatrix.own
      for route in routes {
        guard let rule = policy[route.name] else { continue }
        for caller in callers(for: rule) {
          let router = Router(
            stubs, authenticator: Doorman(principal: caller.principal), context: context)
          for credentials in [["good"]] + (isOwn ? AuthorizationMatrix.badCredentials : []) {
            let status = await router.respond(to: request(route, in: place, credentials)).status
            let isIn = credentials == ["good"] || rule == .anyone
            let right = isIn ? answer(route, rule, caller, in: place) : 401
            cases += 1
            guard status != right else { continue }
            found.append(
              "\(route.name) as \(caller.name) in \(place) with \(credentials): \(status), "
                + "not \(right)")
          }
        }
      }
    }
    return (found, cases)
  }

  private func stub(_ route: Route, in place: NamespaceName) -> Route {
    Route(route.method, route.template, route.access, parameters: route.parameters) {
      request throws(Problem) in
      if case .allowed(_, in: .content) = route.access { try request.authorize(in: place) }
      return HTTPResponse(status: AuthorizationMatrix.reached)
    }
  }

  private func request(
    _ route: Route, in place: NamespaceName, _ credentials: [String]
  ) -> HTTPRequest {
    let path = route.template.split(separator: "/").map { segment in
      segment == "{namespace}" ? place.text : segment.hasPrefix("{") ? "x" : String(segment)
    }
    return HTTPRequest(
      method: route.method, path: "/" + path.joined(separator: "/"),
      query: route.parameters.contains("namespace") ? "namespace=\(place)" : nil,
      fields: HTTPFields(credentials.map { HTTPField("Authorization", $0) }))
  }
}
