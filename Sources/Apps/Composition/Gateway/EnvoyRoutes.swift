/// The routes of a gateway as Envoy reads them.
struct EnvoyRoutes {
  let routes: [GatewayRoute]
  let configuration: GatewayConfiguration

  private static let filter = "envoy.filters.http.ext_authz"
  private static let perRoute =
    "\"@type\": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute"

  /// Lines of a list, without indentation.
  var lines: [String] {
    var lines: [String] = []
    var named = Anchors()
    for (index, route) in routes.enumerated() {
      lines += entry(route, method: true, &named)
      let isLast = index + 1 == routes.count || routes[index + 1].template != route.template
      // Any other method is the service's to refuse, once it is known who asks.
      if isLast { lines += entry(route, method: false, &named) }
    }
    return EnvoyRoutes.health + lines + EnvoyRoutes.rest
  }

  /// The gateway's own: whether it lives.
  private static let health = [
    "- match: {path: \"/healthz\"}",
    "  direct_response: {status: 200, body: {inline_string: \"{\\\"status\\\":\\\"ok\\\"}\"}}",
    "  typed_per_filter_config:",
    "    \(filter): &public {\(perRoute), disabled: true}",
  ]

  private static let missing =
    #"{"type":"https://millrace.dev/problems/not-found","title":"Not found","status":404,"#
    + #""code":"not-found","detail":"this path does not exist"}"#

  /// Whoever is known learns that there is nothing; whoever is not learns nothing.
  private static let rest = [
    "- match: {prefix: \"/\"}",
    "  direct_response: {status: 404, body: {inline_string: '\(missing)'}}",
    "  response_headers_to_add: [{header: {key: content-type, value: application/problem+json}, "
      + "append_action: OVERWRITE_IF_EXISTS_OR_ADD}]",
    "  typed_per_filter_config:",
    "    \(filter): {\(perRoute), check_settings: {context_extensions: {service: none}}}",
  ]

  private func entry(
    _ route: GatewayRoute, method hasMethod: Bool, _ named: inout Anchors
  ) -> [String] {
    var match = EnvoyRoutes.path(route.template)
    if hasMethod {
      let method =
        route.method == "GET"
        ? "safe_regex: {regex: \"GET|HEAD\"}" : "exact: \"\(route.method)\""
      match += ", headers: [{name: \":method\", string_match: {\(method)}}]"
    }
    let isPublic = hasMethod && route.isPublic
    var lines = [
      "- match: {\(match)}",
      "  route: {\(action(route, isRead: hasMethod && route.method == "GET", &named))}",
      "  typed_per_filter_config:",
      "    \(EnvoyRoutes.filter): \(authorization(route, isPublic, &named))",
    ]
    if isPublic, route.method != "GET", route.service == .iam {
      let limit = EnvoyLimit(requestsPerSecondMax: configuration.signInsPerSecondMax)
      let text = named.text("sign-ins", "{\(limit.lines("sign_ins").joined(separator: ", "))}")
      lines.append("    envoy.filters.http.local_ratelimit: \(text)")
    }
    return lines
  }

  /// The exact path, or every path of its shape: a parameter is one segment and never empty.
  private static func path(_ template: String) -> String {
    guard template.contains("{") else { return "path: \"\(template)\"" }
    let pattern = template.split(separator: "/").map { segment in
      segment.first == "{" ? "[^/]+" : segment.replacing(".", with: "[.]")
    }
    return "safe_regex: {regex: \"/\(pattern.joined(separator: "/"))\"}"
  }

  /// Only what reads is sent again, and of that nothing that may have been answered in part.
  private func action(
    _ route: GatewayRoute, isRead: Bool, _ named: inout Anchors
  ) -> String {
    var action = "cluster: \(route.service.rawValue)"
    if route.isSteady {
      action += ", timeout: 0s, idle_timeout: \(configuration.stallSecondsMax)s"
    } else {
      action += ", timeout: \(configuration.answerSecondsMax)s"
    }
    if isRead { action += ", retry_policy: " + named.text("reads", EnvoyRoutes.retries) }
    return action
  }

  private func authorization(
    _ route: GatewayRoute, _ isPublic: Bool, _ named: inout Anchors
  ) -> String {
    if isPublic { return "*public" }
    return named.text(
      "of-\(route.service.rawValue)",
      "{\(EnvoyRoutes.perRoute), "
        + "check_settings: {context_extensions: {service: \(route.service.rawValue)}}}")
  }

  private static let retries =
    "{retry_on: \"connect-failure,refused-stream,reset-before-request,gateway-error\", "
    + "num_retries: 2}"

  /// Written out where it is needed first, and named from then on.
  private struct Anchors {
    private var known: [String] = []

    mutating func text(_ name: String, _ content: String) -> String {
      if known.contains(name) { return "*\(name)" }
      known.append(name)
      return "&\(name) \(content)"
    }
  }
}
