internal import Composition
internal import Domain
internal import Glibc

/// One process of an installation on PostgreSQL and Kafka.
enum ServeVerb {
  static let verb = Verb(
    "serve", "Run services of an installation", operands: "SERVICE…", count: 1...7,
    options: [
      Settings.file, Settings.explain, Settings.check,
      .init("name", value: "NAME", "tells processes of one service apart (default: 0)"),
      .init("host", value: "ADDRESS", "listen on this address (default: 127.0.0.1)"),
      .init("port", value: "PORT", "listen here (default: 7700; 0 picks one)"),
    ] + ServerOptions.database + [ServerOptions.mongoDB, ServerOptions.s3] + ServerOptions.brokers
      + [
        ServerOptions.peer, ServerOptions.serviceKey,
      ] + ServerOptions.tls + [
        .init(
          "tls-peer", value: "NAME", isRepeatable: true,
          "a name of those that are let in (default: any certificate of the authority)"),
        .init("plaintext", "serve other machines in the clear: in a network of its own only"),
        .init(
          "master-key", value: "FILE",
          "32 bytes that secrets are encrypted with (MILLRACE_MASTER_KEY_FILE)"),
        .init("first-admin-token", value: "FILE", "what the first administrator registers with"),
        .init("data", value: "DIR", "for what is kept in files"),
        ServerOptions.keep,
        .init("slots", value: "N", "attempts a worker runs at once (default: 2 for each core)"),
        .init("pool", value: "NAME", isRepeatable: true, "a pool of the worker (default: default)"),
      ] + ServerOptions.tasks + [
        .init(
          "behind-gateway",
          "take requests of clients from the gateway only (MILLRACE_BEHIND_GATEWAY=1)"),
        .init("public-url", value: "URL", "what clients reach the installation by"),
        .init(
          "workers-url", value: "URL",
          "what workers reach artifacts by (default: --public-url)"),
        NotifyVerbs.mailServer, NotifyVerbs.mailFrom, NotifyVerbs.retry,
        ServerOptions.log("info"),
      ] + ServerOptions.telemetry,
    examples: [
      "millrace serve scheduler --port 7702 --peer workflow=10.0.0.5:7701 …",
      "millrace serve iam workflow metadata artifact notification --data /var/lib/millrace …",
    ]
  ) { call in
    let settings = try Settings(call)
    if call.has("explain") {
      Terminal.line(settings.explanation)
      return .ok
    }
    let configuration = try configuration(settings.call)
    do throws(StartFailure) {
      if call.has("check") {
        try configuration.check()
        Terminal.note("the settings are of use")
        return .ok
      }
      let server = try await ServeServer.start(configuration)
      let names = configuration.services.map(\.rawValue).joined(separator: " ")
      Terminal.line("serving \(names) at \(server.address)")
      await server.runUntilStopped()
      return .ok
    } catch {
      throw Failure(.failed, error.what, hint: error.hint)
    }
  }

  private static func configuration(_ call: Call) throws -> ServeConfiguration {
    var configuration = ServeConfiguration(
      services: try call.operands.map(ServerOptions.service))
    configuration.name = call.value("name") ?? configuration.name
    configuration.host = call.value("host") ?? configuration.host
    configuration.port = try call.number("port", default: configuration.port, in: 0...65_535)
    configuration.observation = try ServerOptions.observation(
      call, from: configuration.observation)
    configuration.database = call.value("database")
    configuration.databaseConnectionsMax = try call.number(
      "database-connections", default: configuration.databaseConnectionsMax, in: 1...100)
    configuration.mongoDB = call.value("mongodb")
    configuration.s3 = ServerOptions.s3(call)
    configuration.brokers = call.value("kafka")
    configuration.brokerSettings = try ServerOptions.settings(call)
    configuration.peers = try ServerOptions.peers(call)
    configuration.serviceKeyFile = call.value("service-key")
    if let files = try ServerOptions.tls(call) {
      configuration.setTLS(
        certificate: files.certificate, key: files.key, authority: files.authority,
        peers: call.all("tls-peer"))
    }
    configuration.allowsPlaintext = call.has("plaintext")
    configuration.isBehindGateway = call.has("behind-gateway")
    configuration.masterKeyFile = call.value("master-key")
    configuration.firstAdminTokenFile = call.value("first-admin-token")
    configuration.dataDirectory = call.value("data")
    configuration.retention = try ServerOptions.retention(call)
    let cores = max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1)
    configuration.slots = try call.number("slots", default: 2 * cores, in: 1...10_000)
    if !call.all("pool").isEmpty { configuration.pools = call.all("pool") }
    configuration.tasks = try ServerOptions.tasks(call)
    configuration.egress = try ServerOptions.egress(call, from: configuration.egress)
    configuration.publicURL = call.value("public-url")
    configuration.workersURL = call.value("workers-url")
    configuration.mailServer = call.value("mail")
    configuration.mailFrom = call.value("mail-from") ?? configuration.mailFrom
    configuration.retryWaits = try ServerOptions.retryWaits(call)
    return configuration
  }
}
