import Foundation
import Ports
import ServiceKit
import Testing

@testable import Composition

/// T-GW over the text that the gateway is started with; `make gateway` holds it against Envoy.
@Suite struct GatewayConfigurationTests {
  /// As compose.yml names processes.
  private static var composed: GatewayConfiguration {
    var configuration = GatewayConfiguration()
    for service in GatewayConfiguration.services {
      configuration.peers[service] = ["\(service.rawValue):7700"]
    }
    configuration.traces = "collector:4317"
    configuration.tls = GatewayConfiguration.TLS(
      certificate: "/run/secrets/gateway.pem", key: "/run/secrets/gateway.key",
      authority: "/run/secrets/ca.pem")
    configuration.certificatesFolder = "/etc/envoy/certificates"
    return configuration
  }

  private func text(_ configuration: GatewayConfiguration = composed) async throws -> String {
    try await GatewayAdministration.envoy(configuration)
  }

  @Test func `infra holds what this version writes`() async throws {
    let folder = URL(filePath: #filePath).appending(path: "../../../../../infra/envoy")
      .standardizedFileURL
    let certificates = try GatewayAdministration.certificates(Self.composed)
    #expect(certificates.map(\.file) == ["services.yaml", "authority.yaml"])
    let texts =
      [("envoy.yaml", try await text())] + certificates.map { ("certificates/\($0.file)", $0.text) }
    for (name, text) in texts {
      let file = folder.appending(path: name)
      if ProcessInfo.processInfo.environment["MILLRACE_GOLDEN"] == "write" {
        try text.write(to: file, atomically: true, encoding: .utf8)
      }
      #expect(
        try String(contentsOf: file, encoding: .utf8) == text,
        "write it anew with MILLRACE_GOLDEN=write and read the change")
    }
  }

  @Test func `certificates are read once where nobody says where to read them anew`() async throws {
    var configuration = Self.composed
    configuration.edge = GatewayConfiguration.Edge(certificate: "site.pem", key: "site.key")
    #expect(try await text(configuration).contains("- {name: edge, sds_config:"))
    let named = try #require(GatewayAdministration.certificates(configuration).last).text
    #expect(named.contains("certificate_chain: {filename: \"site.pem\"}"))
    #expect(named.contains("watched_directory: {path: \".\"}"))
    configuration.certificatesFolder = nil
    let text = try await text(configuration)
    #expect(!text.contains("sds_config"))
    #expect(text.contains("trusted_ca: {filename: \"/run/secrets/ca.pem\"}"))
    #expect(text.contains("certificate_chain: {filename: \"site.pem\"}"))
    #expect(throws: StartFailure.self) {
      try GatewayAdministration.certificates(GatewayConfiguration())
    }
  }

  /// Goal: the services of the stack listen for secure connections alone.
  @Test func `the gateway speaks to the services of the stack as they listen`() async throws {
    let table = URL(filePath: #filePath).appending(path: "../../../../../infra/stack.json")
      .standardizedFileURL
    let settings = try String(contentsOf: table, encoding: .utf8)
    #expect(settings.contains("MILLRACE_TLS_CERTIFICATE_FILE"))
    let lines = try await text().split(separator: "\n").map(String.init)
    for service in GatewayConfiguration.services {
      #expect(lines.contains { $0.hasSuffix("sni: \(service.rawValue)") })
    }
    let clusters = lines.count { $0.hasSuffix("type: STRICT_DNS") }
    // All but that of spans.
    #expect(lines.count { $0.hasSuffix("UpstreamTlsContext") } == clusters - 1)
  }

  @Test func `every route of clients is there once, and no other`() async throws {
    let parts = try await DevParts.make(DevConfiguration())
    let table = parts.routesByService.flatMap { service, routes in
      routes.map { "\(service.rawValue) \($0.method) \($0.template)" }
    }
    let served = parts.router.routes.filter { $0.entrance == .gateway }.count
    let routes = GatewayRoutes.all(parts)
    await parts.close()
    #expect(served == table.count, "a route that is served belongs to a service")
    #expect(
      routes.map { "\($0.service.rawValue) \($0.method) \($0.template)" }.sorted()
        == table.sorted())
    #expect(routes.count > 90)
    // A public route of the gateway is one of the policy.
    let open = routes.filter(\.isPublic).map { "\($0.method) \($0.template)" }.sorted()
    #expect(
      open == [
        "GET /.well-known/jwks.json", "GET /v1/links/{artifact}", "GET /v1/openapi.json",
        "GET /v1/workflow.schema.json", "POST /v1/auth/login", "POST /v1/auth/refresh",
        "POST /v1/auth/register", "PUT /v1/links/{artifact}",
      ])
  }

  @Test func `nobody passes without being judged but on public routes`() async throws {
    let lines = try await text().split(separator: "\n").map(String.init)
    let matches = lines.indices.filter { lines[$0].contains("- match: {") }
    let authorized = lines.filter { $0.contains("envoy.filters.http.ext_authz: ") }
    // Each route says it; one that does not would be judged for no service.
    #expect(authorized.count == matches.count)
    let open = authorized.count { $0.contains("public") }
    #expect(open == 9, "eight routes of services and the health of the gateway")
    #expect(lines.count { $0.contains("disabled: true") } == 1)
    #expect(lines.last { $0.contains("- match: {") }?.contains("prefix: \"/\"") == true)
    #expect(lines.count { $0.contains("match: {prefix") } == 1)
  }

  @Test(arguments: [
    "use_remote_address: true", "xff_num_trusted_hops: 0", "normalize_path: true",
    "merge_slashes: true", "path_with_escaped_slashes_action: REJECT_REQUEST",
    "headers_with_underscores_action: REJECT_REQUEST", "max_request_headers_kb: 32",
    "max_headers_count: 64", "max_requests_per_connection: ", "max_concurrent_streams: 100",
    "initial_stream_window_size: 65536", "initial_connection_window_size: 1048576",
    "per_connection_buffer_limit_bytes: 32768", "request_headers_timeout: 10s",
    "stream_idle_timeout: 60s", "failure_mode_allow: false",
    "status_on_error: {code: ServiceUnavailable}", "timeout: 0.250s", "transport_api_version: V3",
    "clear_route_cache: false", "address: \"127.0.0.1\", port_value: 9901",
    "max_active_downstream_connections: 10000", "max_heap_size_bytes: 1073741824",
    "remove: x-millrace-identity", "remove: x-millrace-gateway", "prefix: \"x-user-\"",
    "prefix: \"x-tenant-\"", "remove: x-roles", "prefix: \"x-internal-\"",
    "prefix: \"x-forwarded-client-cert\"", "prefix: \"x-envoy-\"",
    "allow_request_without_credential: false", "overwrite: true",
  ])
  func `what an edge needs is written out`(_ item: String) async throws {
    #expect(try await text().contains(item))
  }

  @Test func `only what reads is sent again`() async throws {
    let lines = try await text().split(separator: "\n").map(String.init)
    for index in lines.indices where lines[index].contains("retry_policy: ") {
      #expect(lines[index - 1].contains("GET|HEAD"), "\(lines[index - 1])")
    }
    #expect(lines.count { $0.contains("retry_policy: ") } > 40)
  }

  @Test(arguments: [
    ("iam", ["nowhere"]), ("iam", ["a b:1"]), ("iam", ["a:0"]), ("iam", ["a:99999"]),
    ("iam", ["a\"}: 1:1"]), ("workflow", []), ("iam", [":1"]),
  ])
  func `addresses that are none are refused`(_ service: String, _ addresses: [String]) async {
    var configuration = Self.composed
    guard let name = ServiceName(rawValue: service) else { return }
    configuration.peers[name] = addresses
    await #expect(throws: StartFailure.self) { try await text(configuration) }
  }

  @Test func `it goes where it is told to`() async throws {
    var configuration = Self.composed
    configuration.listen = "[::1]:9000"
    configuration.peers[.workflow] = ["10.0.0.1:1", "10.0.0.2:2"]
    configuration.traces = "traces:1"
    configuration.tracesMillionths = 2_500
    configuration.trustedHops = 2
    configuration.authorizationMillisecondsMax = 1_005
    let text = try await text(configuration)
    #expect(text.contains("address: \"::1\", port_value: 9000"))
    #expect(text.contains("address: \"10.0.0.1\", port_value: 1"))
    #expect(text.contains("address: \"10.0.0.2\", port_value: 2"))
    #expect(text.contains("address: \"traces\", port_value: 1"))
    #expect(text.contains("{numerator: 2500, denominator: MILLION}"))
    #expect(text.contains("xff_num_trusted_hops: 2"))
    #expect(text.contains("timeout: 1.005s"))
    configuration.traces = nil
    #expect(
      try await !self.text(configuration).contains("opentelemetry"),
      "no spans unless they are wanted")
  }
}
