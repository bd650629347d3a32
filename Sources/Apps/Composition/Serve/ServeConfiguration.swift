internal import Contracts
public import Domain
internal import HTTPAdapter
public import Ports

/// What one process of an installation serves, and where it finds everything else. Validated once
/// at start.
public struct ServeConfiguration: Sendable {
  /// A bucket of a server that speaks S3.
  public struct S3: Sendable {
    /// `https://host:port/bucket/prefix?region=…`; credentials may stand in it.
    public var url: String
    public var accessKey: String?
    public var secretKey: String?
    public var sessionToken: String?

    public init(url: String) {
      self.url = url
    }
  }

  public var services: [ServiceName]
  /// What tells this process from others that serve the same: the same after a restart.
  public var name = "0"
  public var host = "127.0.0.1"
  /// 0 picks one.
  public var port = 7_700
  /// What is told of the process: to standard error, to scrapers, and to a receiver of telemetry.
  public var observation = ObservationSettings()
  /// How PostgreSQL is reached, as libpq reads it: `postgresql://user@host/database?sslmode=…`.
  public var database: String?
  public var databaseConnectionsMax = 4
  /// How the MongoDB is reached that holds history and logs, as its drivers read it; nil for a file
  /// below the folder for data.
  public var mongoDB: String?
  /// Holds the contents of artifacts; nil for a folder below that for data.
  public var s3: S3?
  /// Addresses of brokers: `host:port,host:port`.
  public var brokers: String?
  /// Settings of librdkafka by their names there: `security.protocol`, `sasl.username`.
  public var brokerSettings: [(name: String, value: String)] = []
  /// Where the other services listen: `host:port` by service.
  public var peers: [ServiceName: [String]] = [:]
  /// A file of 32 bytes that all processes of the installation have: by it they know each other.
  public var serviceKeyFile: String?
  /// What the process shows to others and whom it believes; nil for connections in the clear.
  var tls: TLSFiles?
  /// Whether connections in the clear may come from other machines.
  public var allowsPlaintext = false
  /// Whether requests of clients are taken through the gateway only.
  public var isBehindGateway = false
  /// A file of 32 bytes for identity and access and for notification: what they encrypt with.
  public var masterKeyFile: String?
  /// What the first administrator registers with, in a file.
  public var firstAdminTokenFile: String?
  /// The folder for what is kept in files: the archive of metadata, the contents of artifacts.
  public var dataDirectory: String?
  /// How long runs are kept after their end, with logs and files; for metadata and artifact.
  public var retention = RetentionRules()
  /// Attempts that a worker runs at once.
  public var slots = 4
  public var pools: [String] = ["default"]
  /// What the tasks of a worker may have.
  public var tasks = TaskSettings()
  /// Where webhooks and the calls of tasks may go.
  public var egress = EgressRules.public
  /// What clients reach the installation by: links begin with it.
  public var publicURL: String?
  /// What workers reach artifacts by, when that is something else: they may be in a network of
  /// their own, where no client comes from.
  public var workersURL: String?
  /// The server that takes mail; nil for no mail.
  public var mailServer: String?
  public var mailFrom = "millrace@localhost"
  /// Between the attempts of a message; nil for six attempts within a day.
  public var retryWaits: [Duration]?

  public init(services: [ServiceName]) {
    self.services = services
  }

  /// What is told, with the names by which this process is known.
  var observed: ObservationSettings {
    var observation = observation
    if observation.service == "millrace", services.count == 1, let only = services.first {
      observation.service = "millrace-\(only.rawValue)"
    }
    observation.instance = name
    return observation
  }

  /// Files of PEM: what the process shows to others, and whom it believes.
  public mutating func setTLS(
    certificate: String, key: String, authority: String, peers: [String]
  ) {
    var files = TLSFiles(certificate: certificate, key: key, authority: authority)
    files.peers = peers
    tls = files
  }

  /// - Throws: what is wrong with the first setting that is of no use.
  public func check() throws(StartFailure) {
    guard !services.isEmpty, Set(services).count == services.count else {
      throw StartFailure(
        "a process serves at least one service, each once",
        hint: "services are " + ServiceName.allCases.map(\.rawValue).joined(separator: ", "))
    }
    guard !name.isEmpty, name.utf8.count <= 100,
      name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") })
    else {
      throw StartFailure(
        "'\(name)' is no name for a process", hint: "use up to 100 letters, digits and hyphens")
    }
    _ = try observation.parsedReceiver(hasCertificates: tls != nil)
    if brokers == nil {
      throw StartFailure("no broker is named", hint: "--kafka HOST:PORT, or MILLRACE_KAFKA")
    }
    if database == nil, services.contains(where: \.hasSchema) {
      throw StartFailure(
        "no database is named", hint: "--database postgresql://…, or MILLRACE_DATABASE")
    }
    if serviceKeyFile == nil {
      throw StartFailure(
        "the key that services know each other by is missing",
        hint: "--service-key FILE, the same 32 random bytes for every process")
    }
    if masterKeyFile == nil, services.contains(where: { [.iam, .notification].contains($0) }) {
      throw StartFailure(
        "the key that secrets are encrypted with is missing",
        hint: "--master-key FILE, 32 random bytes that never change")
    }
    if dataDirectory == nil, s3 == nil, services.contains(.artifact) {
      throw StartFailure(
        "no place for the contents of artifacts is named",
        hint: "--s3 https://…, or MILLRACE_S3, or --data DIR for a folder")
    }
    if dataDirectory == nil, mongoDB == nil, services.contains(.metadata) {
      throw StartFailure(
        "no place for history and logs is named",
        hint: "--mongodb mongodb://…, or MILLRACE_MONGODB, or --data DIR for a file")
    }
    if tls == nil, !allowsPlaintext, !ServeConfiguration.isLoopback(host) {
      throw StartFailure(
        "connections to \(host) would be in the clear",
        hint: "--tls-certificate, --tls-key and --tls-authority, or --plaintext in a network that "
          + "nobody else is in")
    }
    try tasks.check()
    try RetryWaits.check(retryWaits)
    for pool in pools where PoolName(pool) == nil {
      throw StartFailure("'\(pool)' is no name of a pool", hint: "a name is \(Slug.rule)")
    }
    for service in ServiceName.allCases where !services.contains(service) {
      guard isCalled(service), peers[service]?.isEmpty ?? true else { continue }
      throw StartFailure(
        "nobody knows where \(service.rawValue) listens, and a service here calls it",
        hint: "--peer \(service.rawValue)=HOST:PORT")
    }
  }

  static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "::1" || host == "[::1]"
      || host.hasPrefix("127.") && host.utf8.allSatisfy { (0x2e...0x39).contains($0) }
  }

  /// Whether a service of this process calls that one.
  private func isCalled(_ service: ServiceName) -> Bool {
    services.contains { ServeConfiguration.calls[$0, default: []].contains(service) }
  }

  /// Who calls whom.
  private static let calls: [ServiceName: Set<ServiceName>] = [
    .workflow: [.iam, .scheduler, .metadata], .scheduler: [.workflow],
    .worker: [.scheduler, .artifact, .iam], .metadata: [.iam, .scheduler],
    .notification: [.iam, .workflow], .artifact: [.iam, .scheduler],
  ]

  /// Full names of what a service answers calls to.
  static func methods(of service: ServiceName) -> [String] {
    switch service {
    case .iam: [IdentityMethods.service, SecretsMethods.service, AuthorizationMethods.service]
    case .workflow: [WorkflowsMethods.service]
    case .scheduler: [SchedulerMethods.service, WorkerGatewayMethods.service]
    case .metadata: [HistoryMethods.service]
    case .artifact: [ArtifactsMethods.service]
    case .worker, .notification: []
    }
  }

  /// Addresses by full name, as the network wants them.
  var peersByMethods: [String: [String]] {
    var found: [String: [String]] = [:]
    for (service, addresses) in peers {
      for name in ServeConfiguration.methods(of: service) { found[name] = addresses }
    }
    return found
  }
}
