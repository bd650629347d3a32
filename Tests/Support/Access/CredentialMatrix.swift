public import Domain
internal import Ports
public import ServiceKit

/// Every route of a router with every kind of credentials, judged by a policy that is written down
/// apart from the routes.
///
/// The routes come from the router's own table, so that no route can be forgotten; what each must
/// answer comes from the policy alone, so that a route which loses its rule is found.
public struct CredentialMatrix: Sendable {
  /// What a request may bring along.
  public enum Credentials: String, CaseIterable, Sendable {
    case none, garbage, otherScheme, twice, withoutPermission, good
  }

  /// `GET /v1/runs` and the permission that it takes; nil when it is open to anyone.
  public struct Rule: Hashable, Sendable {
    public var route: String
    public var permission: Permission?

    public init(_ route: String, _ permission: Permission?) {
      self.route = route
      self.permission = permission
    }
  }

  private let routes: [Route]
  private let rules: [Rule]

  public init(_ routes: [Route], _ rules: [Rule]) {
    self.routes = routes
    self.rules = rules
  }

  /// How many requests `violations` sends.
  public var size: Int { routes.count * Credentials.allCases.count }

  /// Routes without exactly one rule, and rules without a route.
  public var gaps: [String] {
    let names = routes.map(CredentialMatrix.name)
    let lost = names.filter { name in rules.filter { $0.route == name }.count != 1 }
    let stale = rules.map(\.route).filter { rule in names.filter { $0 == rule }.count != 1 }
    return lost.map { "\($0) has no rule of its own" } + stale.map { "\($0) is no route" }
  }

  /// Everything in which the router differs from the policy.
  public func violations(in context: ServiceContext) async -> [String] {
    await violations(of: routes, in: context)
  }

  /// Changes of single rules that the matrix would not notice: each route opened to anyone, and
  /// each with another permission. Must be empty, or the matrix proves nothing.
  public func survivors(in context: ServiceContext) async -> [String] {
    var survivors: [String] = []
    for (place, route) in routes.enumerated() {
      guard let permission = rule(of: route)?.permission else { continue }
      let other = Permission.allCases.first { $0 != permission } ?? permission
      for access in [Access.anyone, .allowed(other)] {
        var changed = routes
        changed[place] = Route(
          route.method, route.template, access, parameters: route.parameters
        ) { _ throws(Problem) in HTTPResponse(status: 204) }
        if await violations(of: [changed[place]], in: context).isEmpty {
          survivors.append("\(CredentialMatrix.name(route)) with \(access)")
        }
      }
    }
    return survivors
  }

  /// Other spellings of the routes' paths, with good credentials: none may reach a route that the
  /// exact path would not have named. Answers those that did.
  public func aliases(in context: ServiceContext) async -> [String] {
    var found: [String] = []
    for route in routes {
      let router = router(for: routes, rule(of: route)?.permission, in: context)
      let path = CredentialMatrix.path(of: route)
      let spellings = [
        path + "/", "/" + path, path.replacing("/v1/", with: "/v1/./"), path + "/%2e%2e",
        path.replacing("/v1/", with: "/v1%2f"), path + "%00", path.replacing("/v1", with: "/V1"),
        path + ";x=1", "/v1/.." + path, path + "%2F%CC%B8x", path + "%ff",
      ]
      for spelling in spellings where spelling != path {
        let answer = await router.respond(
          to: HTTPRequest(
            method: route.method, path: spelling,
            fields: [HTTPField("Authorization", "Bearer good")]))
        if !(400..<500).contains(answer.status) {
          found.append("\(route.method) \(spelling) answers \(answer.status)")
        }
      }
    }
    return found
  }

  // MARK: Inside

  private static func name(_ route: Route) -> String { "\(route.method) \(route.template)" }

  private func rule(of route: Route) -> Rule? {
    rules.first { $0.route == CredentialMatrix.name(route) }
  }

  private func violations(of routes: [Route], in context: ServiceContext) async -> [String] {
    var found: [String] = []
    for route in routes {
      let permission = rule(of: route)?.permission
      let router = router(for: routes, permission, in: context)
      for credentials in Credentials.allCases {
        let response = await router.respond(
          to: HTTPRequest(
            method: route.method, path: CredentialMatrix.path(of: route),
            fields: HTTPFields(CredentialMatrix.fields(credentials))))
        let fault = fault(in: response, credentials, permission)
        if let fault {
          found.append("\(CredentialMatrix.name(route)) with \(credentials): \(fault)")
        }
      }
    }
    return found
  }

  /// What is wrong with an answer, if anything.
  private func fault(
    in response: HTTPResponse, _ credentials: Credentials, _ permission: Permission?
  ) -> String? {
    let status = response.status
    let isRefused = status == 401 || status == 403
    switch (credentials, permission) {
    case (_, nil), (.good, _?):
      return isRefused || status >= 500 ? "\(status) and should have been let in" : nil
    case (.withoutPermission, _?):
      return status == 403 ? nil : "\(status) instead of 403"
    case (.none, _?), (.garbage, _?), (.otherScheme, _?), (.twice, _?):
      guard status == 401 else { return "\(status) instead of 401" }
      return response.fields["www-authenticate"] == nil ? "no challenge" : nil
    }
  }

  /// The same routes for a caller with exactly the permission and one with all others.
  private func router(
    for routes: [Route], _ permission: Permission?, in context: ServiceContext
  ) -> Router {
    let hash: @Sendable ([UInt8]) -> [UInt8] = { $0 }
    let all = SortedSet(Permission.allCases)
    let good = Principal(name: "good", permissions: SortedSet([permission].compactMap { $0 }))
    let other = Principal(
      name: "other", permissions: SortedSet(all.filter { $0 != permission }))
    return Router(
      routes,
      authenticator: TwoTokens(
        one: TokenAuthenticator(token: "good", owner: good, hash: hash),
        other: TokenAuthenticator(token: "other", owner: other, hash: hash)), context: context)
  }

  private static func fields(_ credentials: Credentials) -> [HTTPField] {
    let values =
      switch credentials {
      case .none: [String]()
      case .garbage: ["Bearer garbage"]
      case .otherScheme: ["Basic good"]
      case .twice: ["Bearer good", "Bearer good"]
      case .withoutPermission: ["Bearer other"]
      case .good: ["Bearer good"]
      }
    return values.map { HTTPField("Authorization", $0) }
  }

  /// The template with names of things that could exist.
  private static func path(of route: Route) -> String {
    route.template.split(separator: "/").map { segment in
      switch segment {
      case "{run}": "/" + RunID.sample(1).text
      case "{namespace}": "/default"
      case "{attempt}": "/1"
      default: segment.hasPrefix("{") ? "/sample" : "/" + segment
      }
    }.joined()
  }
}

/// Two callers by their tokens, with every rule of reading tokens in force.
private struct TwoTokens: Authenticator {
  let one: TokenAuthenticator
  let other: TokenAuthenticator

  func principal(authorization: [String]) async throws(Problem) -> Principal {
    do throws(Problem) {
      return try await one.principal(authorization: authorization)
    } catch {
      return try await other.principal(authorization: authorization)
    }
  }
}
