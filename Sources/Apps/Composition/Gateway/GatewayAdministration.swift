internal import CryptoAdapter
internal import ServiceKit

/// What an operator needs to put a gateway in front of an installation.
public enum GatewayAdministration {
  /// The configuration of Envoy, with every route that this version of the services has.
  public static func envoy(
    _ configuration: GatewayConfiguration
  ) async throws(StartFailure) -> String {
    try configuration.check()
    var quiet = DevConfiguration()
    quiet.observation.level = "error"
    let parts = try await DevParts.make(quiet)
    let routes = GatewayRoutes.all(parts)
    await parts.close()
    return EnvoyText(configuration: configuration, routes: routes).text
  }

  /// The files that `certificatesFolder` is to hold.
  public static func certificates(
    _ configuration: GatewayConfiguration
  ) throws(StartFailure) -> [(file: String, text: String)] {
    guard configuration.tls != nil || configuration.edge != nil else {
      throw StartFailure(
        "no certificate is named",
        hint: "--tls-certificate, --tls-key and --tls-authority, or --edge-certificate and "
          + "--edge-key")
    }
    try configuration.checkFiles()
    return EnvoyTLS(configuration: configuration).certificates
  }

  /// What the gateway proves itself by, of an installation whose key is in that file.
  public static func token(serviceKeyFile path: String) throws(StartFailure) -> String {
    ServiceKey(try SecretFile.bytes(at: path)).gatewayToken
  }
}
