/// Secure connections of a gateway, as Envoy reads them.
enum EnvoyTLS {
  private static let types = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"
  private static let versions = "tls_params: {tls_minimum_protocol_version: TLSv1_2}"

  /// To a service: both sides show certificates, and that of the service has its name.
  static func upstream(
    _ tls: GatewayConfiguration.TLS, _ service: ServiceName, protocol name: String
  ) -> [String] {
    [
      "  transport_socket:",
      "    name: envoy.transport_sockets.tls",
      "    typed_config:",
      "      \"@type\": \(types).UpstreamTlsContext",
      "      sni: \(service.rawValue)",
      "      common_tls_context:",
      "        \(versions)",
      "        alpn_protocols: [\(name)]",
      "        tls_certificates:",
      "        - certificate_chain: {filename: \"\(tls.certificate)\"}",
      "          private_key: {filename: \"\(tls.key)\"}",
      "        validation_context:",
      "          trusted_ca: {filename: \"\(tls.authority)\"}",
      "          match_typed_subject_alt_names:",
      "          - {san_type: DNS, matcher: {exact: \(service.rawValue)}}",
    ]
  }

  /// To clients.
  static func downstream(_ edge: GatewayConfiguration.Edge) -> [String] {
    [
      "      transport_socket:",
      "        name: envoy.transport_sockets.tls",
      "        typed_config:",
      "          \"@type\": \(types).DownstreamTlsContext",
      "          common_tls_context:",
      "            \(versions)",
      "            alpn_protocols: [h2, http/1.1]",
      "            tls_certificates:",
      "            - certificate_chain: {filename: \"\(edge.certificate)\"}",
      "              private_key: {filename: \"\(edge.key)\"}",
    ]
  }
}
