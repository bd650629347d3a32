internal import Composition
internal import Domain

/// What an operator needs for the gateway in front of an installation.
enum GatewayVerbs {
  static let all: [Verb] = [configuration, certificates, token]

  private static let defaults = GatewayConfiguration()

  static let configuration = Verb(
    "admin gateway", "Print the configuration of the gateway, as Envoy reads it",
    options: [
      .init("listen", value: "ADDRESS:PORT", "clients come in here (default: 0.0.0.0:8080)"),
      .init(
        "admin-listen", value: "ADDRESS:PORT",
        "the gateway is looked into here (default: 127.0.0.1:9901)"),
      ServerOptions.peer,
      .init(
        "proof-file", value: "FILE",
        "what the gateway proves itself by (default: \(defaults.tokenFile))"),
    ] + ServerOptions.tls + edge + [
      .init(
        "certificates", value: "DIR",
        "what admin gateway-certificates wrote: read anew when they change (default: read once)"),
      .init("traces", value: "HOST:PORT", "takes spans by OTLP over gRPC"),
      ServerOptions.traceShare,
      .init("trusted-hops", value: "N", "proxies in front of it whose word counts (default: 0)"),
      .init(
        "requests-per-second", value: "N",
        "of all clients together (default: \(defaults.requestsPerSecondMax))"),
      .init(
        "sign-ins-per-second", value: "N",
        "of these, signing in (default: \(defaults.signInsPerSecondMax))"),
      .init(
        "authorization-ms", value: "N",
        "how long one request is judged (default: \(defaults.authorizationMillisecondsMax))"),
    ],
    examples: [
      "millrace admin gateway --peer iam=iam:7700 --peer workflow=workflow:7700 … > envoy.yaml"
    ]
  ) { asked in
    let call = try Settings(asked).call
    var configuration = GatewayConfiguration()
    configuration.listen = call.value("listen") ?? configuration.listen
    configuration.admin = call.value("admin-listen") ?? configuration.admin
    configuration.peers = try ServerOptions.peers(call)
    configuration.tokenFile = call.value("proof-file") ?? configuration.tokenFile
    configuration.traces = call.value("traces")
    configuration.tracesMillionths =
      try ServerOptions.traceMillionths(call) ?? configuration.tracesMillionths
    try setCertificates(call, in: &configuration)
    configuration.certificatesFolder = call.value("certificates")
    configuration.trustedHops = try call.number("trusted-hops", default: 0, in: 0...16)
    configuration.requestsPerSecondMax = try call.number(
      "requests-per-second", default: configuration.requestsPerSecondMax, in: 1...1_000_000)
    configuration.signInsPerSecondMax = try call.number(
      "sign-ins-per-second", default: configuration.signInsPerSecondMax, in: 1...1_000_000)
    configuration.authorizationMillisecondsMax = try call.number(
      "authorization-ms", default: configuration.authorizationMillisecondsMax, in: 1...60_000)
    do throws(StartFailure) {
      Terminal.write(try await GatewayAdministration.envoy(configuration))
      return .ok
    } catch {
      throw Failure(.failed, error.what, hint: error.hint)
    }
  }

  private static let edge: [Verb.Option] = [
    .init("edge-certificate", value: "FILE", "what the gateway shows to clients (default: none)"),
    .init("edge-key", value: "FILE", "the key of that certificate"),
  ]

  private static func setCertificates(
    _ call: Call, in configuration: inout GatewayConfiguration
  ) throws {
    configuration.tls = try ServerOptions.tls(call).map {
      .init(certificate: $0.certificate, key: $0.key, authority: $0.authority)
    }
    if let certificate = call.value("edge-certificate"), let key = call.value("edge-key") {
      configuration.edge = .init(certificate: certificate, key: key)
    } else if call.has("edge-certificate") || call.has("edge-key") {
      throw Failure.usage("--edge-certificate and --edge-key belong together")
    }
  }

  static let certificates = Verb(
    "admin gateway-certificates", "Write what has the gateway read its certificates anew",
    options: [.init("to", value: "DIR", "where the files are written")] + ServerOptions.tls + edge,
    examples: [
      "millrace admin gateway-certificates --to /etc/envoy/certificates --tls-certificate …"
    ]
  ) { asked in
    let call = try Settings(asked).call
    guard let folder = call.value("to") else { throw Failure.usage("no folder is named: --to DIR") }
    var configuration = GatewayConfiguration()
    try setCertificates(call, in: &configuration)
    let files: [(file: String, text: String)]
    do throws(StartFailure) {
      files = try GatewayAdministration.certificates(configuration)
    } catch {
      throw Failure(.failed, error.what, hint: error.hint)
    }
    try LocalFiles.makeFolder(folder)
    for (file, text) in files {
      try LocalFiles.write("\(folder)/\(file)", Array(text.utf8))
      Terminal.line("\(folder)/\(file)")
    }
    return .ok
  }

  static let token = Verb(
    "admin gateway-token", "Write what the gateway proves itself by to the services",
    options: [
      ServerOptions.serviceKey,
      .init("to", value: "FILE", "into this file, for its owner alone (default: print it)"),
    ],
    examples: ["millrace admin gateway-token --service-key service.key --to gateway-token"]
  ) { asked in
    let call = try Settings(asked).call
    guard let key = call.value("service-key") else {
      throw Failure.usage("no key is named: --service-key FILE, or MILLRACE_SERVICE_KEY_FILE")
    }
    do throws(StartFailure) {
      let token = try GatewayAdministration.token(serviceKeyFile: key)
      guard let file = call.value("to") else {
        Terminal.line(token)
        return .ok
      }
      // Without the end of a line: the gateway takes the file as it is.
      do {
        try LocalFiles.write(file, Array(token.utf8), mode: 0o600)
      } catch {
        throw StartFailure("\(error)", hint: "check the folder's permissions")
      }
      return .ok
    } catch {
      throw Failure(.failed, error.what, hint: error.hint)
    }
  }
}
