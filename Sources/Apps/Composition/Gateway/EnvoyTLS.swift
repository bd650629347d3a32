/// Secure connections of a gateway, as Envoy reads them.
struct EnvoyTLS {
  let configuration: GatewayConfiguration

  private static let types = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"
  private static let versions = "tls_params: {tls_minimum_protocol_version: TLSv1_2}"

  /// What certificates are called in the files that are read anew.
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

  /// The files of `certificatesFolder`, each with one thing as Envoy wants it: what they name is
  /// read anew when somebody moves another one to its place, certificate and key together.
  var certificates: [(file: String, text: String)] {
    var files: [(file: String, text: String)] = []
    if let tls = configuration.tls {
      files.append(file(.services, pair(tls.certificate, tls.key)))
      files.append(
        file(
          .authority,
          [
            "  validation_context:",
            "    trusted_ca: {filename: \"\(tls.authority)\"}",
            "    watched_directory: {path: \"\(Self.folder(of: tls.authority))\"}",
          ]))
    }
    if let edge = configuration.edge {
      files.append(file(.edge, pair(edge.certificate, edge.key)))
    }
    return files
  }

  private func file(_ name: Name, _ lines: [String]) -> (file: String, text: String) {
    let head = [
      "# Written by `millrace admin gateway-certificates`. Do not edit: change what it is made of.",
      "resources:",
      "- \"@type\": \(Self.types).Secret",
      "  name: \(name.rawValue)",
    ]
    return ("\(name.rawValue).yaml", (head + lines).joined(separator: "\n") + "\n")
  }

  private func pair(_ certificate: String, _ key: String) -> [String] {
    [
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
      if let source = source(of: name) {
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
    guard let source = source(of: .authority) else {
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
  private func source(of name: Name) -> String? {
    configuration.certificatesFolder.map {
      "sds_config: {resource_api_version: V3, "
        + "path_config_source: {path: \"\($0)/\(name.rawValue).yaml\"}}"
    }
  }
}
