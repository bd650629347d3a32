/// Secure connections of a gateway, as Envoy reads them.
struct EnvoyTLS {
  let configuration: GatewayConfiguration

  private static let types = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"
  private static let versions = "tls_params: {tls_minimum_protocol_version: TLSv1_2}"

  /// What certificates are called in the file that is read anew.
  private enum Name: String {
    case services
    case authority
    case edge
  }

  /// To a service: both sides show certificates, and that of the service has its name.
  func upstream(
    _ tls: GatewayConfiguration.TLS, _ service: ServiceName, protocol name: String
  ) -> [String] {
    [
      "  transport_socket:",
      "    name: envoy.transport_sockets.tls",
      "    typed_config:",
      "      \"@type\": \(Self.types).UpstreamTlsContext",
      "      sni: \(service.rawValue)",
      "      common_tls_context:",
      "        \(Self.versions)",
      "        alpn_protocols: [\(name)]",
    ] + certificate(.services, tls.certificate, tls.key, by: 8)
      + authority(tls.authority, of: service)
  }

  /// To clients.
  func downstream(_ edge: GatewayConfiguration.Edge) -> [String] {
    [
      "      transport_socket:",
      "        name: envoy.transport_sockets.tls",
      "        typed_config:",
      "          \"@type\": \(Self.types).DownstreamTlsContext",
      "          common_tls_context:",
      "            \(Self.versions)",
      "            alpn_protocols: [h2, http/1.1]",
    ] + certificate(.edge, edge.certificate, edge.key, by: 12)
  }

  /// The file that `certificatesFile` names: what it names is read anew when somebody moves another
  /// one to its place, certificate and key together.
  var certificates: String {
    var lines = [
      "# Written by `millrace admin gateway-certificates`. Do not edit: change what it is made of.",
      "resources:",
    ]
    if let tls = configuration.tls {
      lines += resource(.services, tls.certificate, tls.key)
      lines += [
        "- \"@type\": \(Self.types).Secret",
        "  name: \(Name.authority.rawValue)",
        "  validation_context:",
        "    trusted_ca: {filename: \"\(tls.authority)\"}",
        "    watched_directory: {path: \"\(Self.folder(of: tls.authority))\"}",
      ]
    }
    if let edge = configuration.edge { lines += resource(.edge, edge.certificate, edge.key) }
    return lines.joined(separator: "\n") + "\n"
  }

  private func resource(_ name: Name, _ certificate: String, _ key: String) -> [String] {
    [
      "- \"@type\": \(Self.types).Secret",
      "  name: \(name.rawValue)",
      "  tls_certificate:",
      "    certificate_chain: {filename: \"\(certificate)\"}",
      "    private_key: {filename: \"\(key)\"}",
      "    watched_directory: {path: \"\(Self.folder(of: certificate))\"}",
    ]
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private func certificate(
    _ name: Name, _ certificate: String, _ key: String, by count: Int
  ) -> [String] {
    let lines =
      if let source {
        ["tls_certificate_sds_secret_configs:", "- {name: \(name.rawValue), \(source)}"]
      } else {
        [
          "tls_certificates:", "- certificate_chain: {filename: \"\(certificate)\"}",
          "  private_key: {filename: \"\(key)\"}",
        ]
      }
    return lines.map { String(repeating: " ", count: count) + $0 }
  }

  private func authority(_ file: String, of service: ServiceName) -> [String] {
    let names = "{san_type: DNS, matcher: {exact: \(service.rawValue)}}"
    guard let source else {
      return [
        "        validation_context:",
        "          trusted_ca: {filename: \"\(file)\"}",
        "          match_typed_subject_alt_names:",
        "          - \(names)",
      ]
    }
    return [
      "        combined_validation_context:",
      "          default_validation_context: {match_typed_subject_alt_names: [\(names)]}",
      "          validation_context_sds_secret_config: "
        + "{name: \(Name.authority.rawValue), \(source)}",
    ]
  }

  /// Where certificates are read anew from; nil when they are read once.
  private var source: String? {
    configuration.certificatesFile.map {
      "sds_config: {resource_api_version: V3, path_config_source: {path: \"\($0)\"}}"
    }
  }
}
