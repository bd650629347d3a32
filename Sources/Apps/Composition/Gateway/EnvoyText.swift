/// The whole configuration of a gateway as Envoy 1.40 reads it (YAML of its Bootstrap message).
///
/// Everything that a gateway at the edge needs stands in it, also where Envoy's own default is the
/// same: a default may change.
struct EnvoyText {
  let configuration: GatewayConfiguration
  let routes: [GatewayRoute]

  private static let manager =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3"
    + ".HttpConnectionManager"
  var text: String {
    let parts = [head, listener, Self.indented(vhost, by: 12), filters, clusters, overload]
    return parts.map { $0.joined(separator: "\n") }.joined(separator: "\n") + "\n"
  }

  private static func indented(_ lines: [String], by count: Int) -> [String] {
    lines.map { String(repeating: " ", count: count) + $0 }
  }

  private var head: [String] {
    [
      "# Written by `millrace admin gateway`. Do not edit: change what it is made of.",
      "node: {id: gateway, cluster: millrace}",
      "admin: {address: \(EnvoyClusters.socket(configuration.admin))}",
      "static_resources:",
      "  secrets:",
      "  - name: gateway",
      "    generic_secret: {secret: {filename: \"\(configuration.tokenFile)\"}}",
      "  listeners:",
      "  - name: edge",
      "    address: \(EnvoyClusters.socket(configuration.listen))",
      "    per_connection_buffer_limit_bytes: 32768",
      "    filter_chains:",
      "    - filters:",
      "      - name: envoy.filters.network.http_connection_manager",
      "        typed_config:",
      "          \"@type\": \(Self.manager)",
    ]
  }

  /// The connection manager but for its routes and filters.
  private var listener: [String] {
    Self.indented(
      [
        "stat_prefix: edge",
        "codec_type: AUTO",
        "server_name: millrace",
        "use_remote_address: true",
        "xff_num_trusted_hops: \(configuration.trustedHops)",
        "normalize_path: true",
        "merge_slashes: true",
        "path_with_escaped_slashes_action: REJECT_REQUEST",
        "max_request_headers_kb: 32",
        "request_headers_timeout: 10s",
        "stream_idle_timeout: \(configuration.stallSecondsMax)s",
        "common_http_protocol_options:",
        "  idle_timeout: 60s",
        "  max_headers_count: 64",
        "  max_requests_per_connection: 100000",
        "  headers_with_underscores_action: REJECT_REQUEST",
        "http2_protocol_options:",
        "  max_concurrent_streams: 100",
        "  initial_stream_window_size: 65536",
        "  initial_connection_window_size: 1048576",
      ] + stripped + tracing + accessLog + localReplies
        + ["route_config:", "  name: services", "  virtual_hosts:"], by: 10)
  }

  /// What only the gateway and what stands behind it may say.
  private var stripped: [String] {
    let names = ["x-millrace-gateway", "x-millrace-identity", "x-roles"]
    let prefixes = ["x-user-", "x-tenant-", "x-internal-", "x-forwarded-client-cert", "x-envoy-"]
    return [
      "early_header_mutation_extensions:",
      "- name: envoy.http.early_header_mutation.header_mutation",
      "  typed_config:",
      "    \"@type\": type.googleapis.com/envoy.extensions.http.early_header_mutation"
        + ".header_mutation.v3.HeaderMutation",
      "    mutations:",
    ] + names.map { "    - remove: \($0)" }
      + prefixes.map { "    - remove_on_match: {key_matcher: {prefix: \"\($0)\"}}" }
  }

  /// What a client says of its trace counts; of the other requests a share begins one. Envoy's own
  /// `random_sampling` would overrule clients.
  private var tracing: [String] {
    guard configuration.traces != nil else { return [] }
    let samplers = "type.googleapis.com/envoy.extensions.tracers.opentelemetry.samplers.v3"
    return [
      "tracing:",
      "  random_sampling: {value: 100}",
      "  provider:",
      "    name: envoy.tracers.opentelemetry",
      "    typed_config:",
      "      \"@type\": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
      "      service_name: gateway",
      "      grpc_service: {envoy_grpc: {cluster_name: traces}, timeout: 1s}",
      "      sampler:",
      "        name: envoy.tracers.opentelemetry.samplers.parent_based",
      "        typed_config:",
      "          \"@type\": \(samplers).ParentBasedSamplerConfig",
      "          wrapped_sampler:",
      "            name: envoy.tracers.opentelemetry.samplers.trace_id_ratio_based",
      "            typed_config:",
      "              \"@type\": \(samplers).TraceIdRatioBasedSamplerConfig",
      "              sampling_percentage: {numerator: \(configuration.tracesMillionths), "
        + "denominator: MILLION}",
    ]
  }

  private var accessLog: [String] {
    let members = [
      ("ts", "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%"), ("method", "%REQ(:METHOD)%"),
      // Without the query: links carry their signature there.
      ("path", "%PATH(NQ)%"), ("protocol", "%PROTOCOL%"), ("status", "%RESPONSE_CODE%"),
      ("details", "%RESPONSE_CODE_DETAILS%"), ("flags", "%RESPONSE_FLAGS%"),
      ("duration_ms", "%DURATION%"), ("bytes_in", "%BYTES_RECEIVED%"),
      ("bytes_out", "%BYTES_SENT%"), ("service", "%UPSTREAM_CLUSTER%"),
      ("client", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
      ("request_id", "%RESP(X-REQUEST-ID)%"), ("traceparent", "%REQ(TRACEPARENT)%"),
    ]
    return [
      "access_log:",
      "- name: envoy.access_loggers.file",
      "  typed_config:",
      "    \"@type\": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
      "    path: /dev/stdout",
      "    log_format:",
      "      json_format:",
    ] + members.map { "        \($0.0): \"\($0.1)\"" }
  }

  /// What the gateway says itself has the form that services answer in; what identity and access
  /// said has it already.
  private var localReplies: [String] {
    let flags = [
      "NR", "UH", "UF", "UT", "UC", "UR", "UO", "RL", "URX", "NC", "DPE", "SI", "OM", "UPE",
    ]
    return [
      "local_reply_config:",
      "  mappers:",
      "  - filter: {response_flag_filter: {flags: [\(flags.joined(separator: ", "))]}}",
      "    body_format_override:",
      "      content_type: application/problem+json",
      "      json_format:",
      "        type: https://millrace.dev/problems/gateway",
      "        title: \"%RESPONSE_CODE_DETAILS%\"",
      "        status: \"%RESPONSE_CODE%\"",
      "        code: gateway",
      "        detail: \"%LOCAL_REPLY_BODY%\"",
      "        requestId: \"%REQ(X-REQUEST-ID)%\"",
    ]
  }

  private var vhost: [String] {
    let table = EnvoyRoutes(routes: routes, configuration: configuration)
    return [
      "- name: all",
      "  domains: [\"*\"]",
      "  routes:",
    ] + Self.indented(table.lines, by: 2)
  }

  private var filters: [String] {
    Self.indented(
      [
        "http_filters:",
        "- name: envoy.filters.http.local_ratelimit",
        "  typed_config:",
      ]
        + Self.indented(
          EnvoyLimit(requestsPerSecondMax: configuration.requestsPerSecondMax).lines("requests"),
          by: 4) + [
          "- name: envoy.filters.http.ext_authz",
          "  typed_config:",
          "    \"@type\": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
          "    transport_api_version: V3",
          "    failure_mode_allow: false",
          "    status_on_error: {code: ServiceUnavailable}",
          "    clear_route_cache: false",
          "    validate_mutations: true",
          "    encode_raw_headers: true",
          "    allowed_headers: {patterns: [{exact: authorization}, "
            + "{exact: x-envoy-external-address}]}",
          "    grpc_service:",
          "      envoy_grpc: {cluster_name: authorizer}",
          "      timeout: "
            + Self.seconds(milliseconds: configuration.authorizationMillisecondsMax),
          "- name: envoy.filters.http.router",
          "  typed_config:",
          "    \"@type\": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
          "    suppress_envoy_headers: true",
        ], by: 10)
      + (configuration.edge.map(EnvoyTLS(configuration: configuration).downstream) ?? [])
  }

  private static func seconds(milliseconds: Int) -> String {
    let rest = String(milliseconds % 1_000)
    return "\(milliseconds / 1_000)." + String(repeating: "0", count: 3 - rest.count) + rest + "s"
  }

  private var clusters: [String] {
    ["  clusters:"]
      + Self.indented(EnvoyClusters(configuration: configuration).lines, by: 2)
  }

  private var overload: [String] {
    let heap = "envoy.resource_monitors.fixed_heap"
    func action(_ name: String, _ threshold: String) -> String {
      "  - {name: envoy.overload_actions.\(name), triggers: "
        + "[{name: \(heap), threshold: {value: \(threshold)}}]}"
    }
    let monitors = "type.googleapis.com/envoy.extensions.resource_monitors"
    return [
      "overload_manager:",
      "  refresh_interval: 0.25s",
      "  resource_monitors:",
      "  - name: envoy.resource_monitors.global_downstream_max_connections",
      "    typed_config:",
      "      \"@type\": \(monitors).downstream_connections.v3.DownstreamConnectionsConfig",
      "      max_active_downstream_connections: \(configuration.connectionsMax)",
      "  - name: \(heap)",
      "    typed_config:",
      "      \"@type\": \(monitors).fixed_heap.v3.FixedHeapConfig",
      "      max_heap_size_bytes: \(configuration.heapBytesMax)",
      "  actions:",
      action("shrink_heap", "0.95"),
      action("stop_accepting_requests", "0.98"),
    ]
  }
}
