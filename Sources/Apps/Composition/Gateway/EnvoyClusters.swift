/// Where a gateway sends requests to, as Envoy reads it.
struct EnvoyClusters {
  /// Requests of clients go over HTTP/1.1, and whether who takes them is ready is asked all the
  /// time; calls of the gateway itself go over HTTP/2.
  enum Version {
    case http1
    case http2

    var options: String { self == .http1 ? "http_protocol_options" : "http2_protocol_options" }
    /// As TLS agrees on it (RFC 7301).
    var name: String { self == .http1 ? "http/1.1" : "h2" }
  }

  let configuration: GatewayConfiguration

  private static let options =
    "\"@type\": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

  /// Lines of a list, without indentation.
  var lines: [String] {
    var lines = GatewayConfiguration.services.flatMap { service in
      cluster(
        service.rawValue, to: configuration.peers[service] ?? [], over: .http1,
        proof: (field: "x-millrace-gateway", prefix: nil), of: service)
    }
    lines += cluster(
      "authorizer", to: configuration.peers[.iam] ?? [], over: .http2,
      proof: (field: "authorization", prefix: "Bearer "), of: .iam)
    if let traces = configuration.traces {
      lines += cluster(
        "traces", to: [traces], over: .http2, proof: nil, of: nil)
    }
    return lines
  }

  private func cluster(
    _ name: String, to addresses: [String], over version: Version,
    proof: (field: String, prefix: String?)?, of service: ServiceName?
  ) -> [String] {
    var lines = [
      "- name: \(name)",
      "  type: STRICT_DNS",
      "  connect_timeout: 1s",
      "  per_connection_buffer_limit_bytes: 32768",
      "  circuit_breakers:",
      "    thresholds: [{max_connections: \(configuration.connectionsMax), "
        + "max_pending_requests: 1000, max_requests: \(configuration.connectionsMax), "
        + "max_retries: 10}]",
    ]
    if version == .http1 {
      lines += [
        "  health_checks:",
        "  - {timeout: 1s, interval: 2s, unhealthy_threshold: 2, healthy_threshold: 1, "
          + "http_health_check: {path: /readyz}}",
      ]
    }
    lines += [
      "  typed_extension_protocol_options:",
      "    envoy.extensions.upstreams.http.v3.HttpProtocolOptions:",
      "      \(EnvoyClusters.options)",
      // Shorter than services keep a connection that nobody uses.
      "      common_http_protocol_options: {idle_timeout: 30s}",
      "      explicit_http_config: {\(version.options): {}}",
    ]
    if let proof { lines += EnvoyClusters.filters(proof) }
    if let tls = configuration.tls, let service {
      lines += EnvoyTLS(configuration: configuration)
        .upstream(tls, service, protocol: version.name)
    }
    lines += [
      "  load_assignment:", "    cluster_name: \(name)", "    endpoints:", "    - lb_endpoints:",
    ]
    lines += addresses.map { "      - \(EnvoyClusters.endpoint($0))" }
    return lines
  }

  /// The proof takes the place of whatever a client sent of that name.
  private static func filters(_ proof: (field: String, prefix: String?)) -> [String] {
    [
      "      http_filters:",
      "      - name: envoy.filters.http.credential_injector",
      "        typed_config:",
      "          \"@type\": type.googleapis.com/envoy.extensions.filters.http.credential_injector"
        + ".v3.CredentialInjector",
      "          overwrite: true",
      "          allow_request_without_credential: false",
      "          credential:",
      "            name: envoy.http.injected_credentials.generic",
      "            typed_config:",
      "              \"@type\": type.googleapis.com/envoy.extensions.http.injected_credentials"
        + ".generic.v3.Generic",
      "              header: \(proof.field)",
    ]
      + (proof.prefix.map { ["              header_value_prefix: \"\($0)\""] } ?? [])
      + [
        "              credential: {name: gateway}",
        "      - name: envoy.filters.http.upstream_codec",
        "        typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.http"
          + ".upstream_codec.v3.UpstreamCodec}",
      ]
  }

  static func endpoint(_ address: String) -> String { "{endpoint: {address: \(socket(address))}}" }

  static func socket(_ address: String) -> String {
    let parts = GatewayConfiguration.parts(of: address) ?? ("", 0)
    return "{socket_address: {address: \"\(parts.host)\", port_value: \(parts.port)}}"
  }
}
