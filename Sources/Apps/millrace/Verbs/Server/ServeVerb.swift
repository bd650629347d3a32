internal import Composition
internal import Domain
internal import Glibc

/// One process of an installation on PostgreSQL and Kafka.
enum ServeVerb {
  static let verb = Verb(
    "serve", "Run services of an installation", operands: "SERVICE…", count: 1...7,
    options: [
      .init("name", value: "NAME", "tells processes of one service apart (default: 0)"),
      .init("host", value: "ADDRESS", "listen on this address (default: 127.0.0.1)"),
      .init("port", value: "PORT", "listen here (default: 7700; 0 picks one)"),
    ] + ServerOptions.database + [ServerOptions.mongoDB, ServerOptions.s3] + ServerOptions.brokers
      + [
        .init(
          "peer", value: "SERVICE=HOST:PORT,…", isRepeatable: true,
          "where another service listens (MILLRACE_PEERS)"),
        .init(
          "service-key", value: "FILE",
          "32 bytes that all processes have (MILLRACE_SERVICE_KEY_FILE)"),
        .init(
          "master-key", value: "FILE",
          "32 bytes that secrets are encrypted with (MILLRACE_MASTER_KEY_FILE)"),
        .init("first-admin-token", value: "FILE", "what the first administrator registers with"),
        .init("data", value: "DIR", "for what is kept in files"),
        ServerOptions.keep,
        .init("slots", value: "N", "attempts a worker runs at once (default: 2 for each core)"),
        .init("pool", value: "NAME", isRepeatable: true, "a pool of the worker (default: default)"),
      ] + ServerOptions.tasks + [
        .init("public-url", value: "URL", "what clients reach the installation by"),
        NotifyVerbs.mailServer, NotifyVerbs.mailFrom, NotifyVerbs.retry,
        .init("log", value: "LEVEL", "debug, info, warning or error (default: info)"),
      ],
    examples: [
      "millrace serve scheduler --port 7702 --peer workflow=10.0.0.5:7701 …",
      "millrace serve iam workflow metadata artifact notification --data /var/lib/millrace …",
    ]
  ) { call in
    let configuration = try configuration(call)
    do throws(StartFailure) {
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
    var configuration = ServeConfiguration(services: try call.operands.map(service))
    configuration.name = call.value("name") ?? configuration.name
    configuration.host = call.value("host") ?? configuration.host
    configuration.port = try call.number("port", default: configuration.port, in: 0...65_535)
    if let level = call.value("log") { configuration.logLevel = level }
    configuration.database = ServerOptions.database(call)
    configuration.databaseConnectionsMax = try call.number(
      "database-connections", default: configuration.databaseConnectionsMax, in: 1...100)
    configuration.mongoDB = ServerOptions.mongoDB(call)
    configuration.s3 = ServerOptions.s3(call)
    configuration.brokers = ServerOptions.brokers(call)
    configuration.brokerSettings = try ServerOptions.settings(call)
    configuration.peers = try peers(call)
    configuration.serviceKeyFile =
      call.value("service-key") ?? call.environment["MILLRACE_SERVICE_KEY_FILE"]
    configuration.masterKeyFile =
      call.value("master-key") ?? call.environment["MILLRACE_MASTER_KEY_FILE"]
    configuration.firstAdminTokenFile = call.value("first-admin-token")
    configuration.dataDirectory = call.value("data")
    configuration.retention = try ServerOptions.retention(call)
    let cores = max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1)
    configuration.slots = try call.number("slots", default: 2 * cores, in: 1...10_000)
    if !call.all("pool").isEmpty { configuration.pools = call.all("pool") }
    configuration.tasks = try ServerOptions.tasks(call)
    configuration.egress = try ServerOptions.egress(call, from: configuration.egress)
    configuration.publicURL = call.value("public-url")
    configuration.mailServer = call.value("mail") ?? call.environment["MILLRACE_MAIL"]
    configuration.mailFrom = call.value("mail-from") ?? configuration.mailFrom
    configuration.retryWaits = try ServerOptions.retryWaits(call)
    return configuration
  }

  private static func service(_ word: String) throws -> ServiceName {
    guard let service = ServiceName(rawValue: word) else {
      let names = ServiceName.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure.usage("there is no service '\(word)'; services are \(names)")
    }
    return service
  }

  /// `scheduler=a:1,b:1`; in the variable they are separated by blanks.
  private static func peers(_ call: Call) throws -> [ServiceName: [String]] {
    var texts = call.environment["MILLRACE_PEERS"]?.split(separator: " ").map(String.init) ?? []
    if !call.all("peer").isEmpty { texts = call.all("peer") }
    var peers: [ServiceName: [String]] = [:]
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw Failure.usage("--peer takes SERVICE=HOST:PORT, not '\(text)'")
      }
      peers[try service(parts[0]), default: []] += parts[1].split(separator: ",").map(String.init)
    }
    return peers
  }
}
