internal import ServiceKit

/// One route of clients and the service that answers it.
struct GatewayRoute: Sendable {
  let service: ServiceName
  let method: String
  /// As services write it: `/v1/runs/{run}/cancel`.
  let template: String
  /// Without credentials.
  let isPublic: Bool
  let isSteady: Bool

  init(_ service: ServiceName, _ route: Route) {
    self.service = service
    method = route.method
    template = route.template
    isPublic = route.access == .anyone
    isSteady = route.pace == .steady
  }

  fileprivate var segments: [Substring] { template.split(separator: "/") }
  fileprivate var parameters: Int { segments.count { $0.first == "{" } }
}

/// All routes of clients, from the tables that services serve them by: a route that a service gains
/// is one that the gateway has.
enum GatewayRoutes {
  /// In the order in which they are tried: who has fewer parameters is more special, as in the
  /// router of a service.
  static func all(_ parts: DevParts) -> [GatewayRoute] {
    let tables = parts.routesByService.flatMap { service, routes in
      routes.filter { $0.entrance == .gateway }.map { GatewayRoute(service, $0) }
    }
    return tables.sorted { left, right in
      (left.parameters, left.template, left.method)
        < (right.parameters, right.template, right.method)
    }
  }
}
