internal import Composition
internal import Domain
internal import Ports

/// Where servers of an installation are, as several verbs take it.
enum ServerOptions {
  static let database: [Verb.Option] = [
    .init("database", value: "URL", "PostgreSQL, as libpq reads it (MILLRACE_DATABASE)"),
    .init("database-connections", value: "N", "at most, for each schema (default: 4)"),
  ]

  static let brokers: [Verb.Option] = [
    .init("kafka", value: "HOST:PORT,…", "brokers (MILLRACE_KAFKA)"),
    .init(
      "kafka-settings", value: "FILE",
      "settings of librdkafka, NAME=VALUE in each line (MILLRACE_KAFKA_SETTINGS)"),
  ]

  static let peer = Verb.Option(
    "peer", value: "SERVICE=HOST:PORT,…", isRepeatable: true,
    "where another service listens (MILLRACE_PEERS)")

  /// `scheduler=a:1,b:1`
  static func peers(_ call: Call) throws -> [ServiceName: [String]] {
    var peers: [ServiceName: [String]] = [:]
    for text in call.all("peer") {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw Failure.usage("--peer takes SERVICE=HOST:PORT, not '\(text)'")
      }
      peers[try service(parts[0]), default: []] += parts[1].split(separator: ",").map(String.init)
    }
    return peers
  }

  static func service(_ word: String) throws -> ServiceName {
    guard let service = ServiceName(rawValue: word) else {
      let names = ServiceName.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure.usage("there is no service '\(word)'; services are \(names)")
    }
    return service
  }

  static let serviceKey = Verb.Option(
    "service-key", value: "FILE", "32 bytes that all processes have (MILLRACE_SERVICE_KEY_FILE)")

  /// What a process shows to others, and whom it believes.
  static let tls: [Verb.Option] = [
    .init(
      "tls-certificate", value: "FILE",
      "what this process shows to others (MILLRACE_TLS_CERTIFICATE_FILE)"),
    .init("tls-key", value: "FILE", "the key of that certificate (MILLRACE_TLS_KEY_FILE)"),
    .init(
      "tls-authority", value: "FILE",
      "where certificates of others must come from (MILLRACE_TLS_AUTHORITY_FILE)"),
  ]

  /// All three, or none.
  static func tls(_ call: Call) throws -> (certificate: String, key: String, authority: String)? {
    let found = ["tls-certificate", "tls-key", "tls-authority"].map(call.value)
    guard found.contains(where: { $0 != nil }) else { return nil }
    guard let certificate = found[0], let key = found[1], let authority = found[2] else {
      throw Failure.usage("--tls-certificate, --tls-key and --tls-authority belong together")
    }
    return (certificate, key, authority)
  }

  static let keep = Verb.Option(
    "keep", value: "LENGTH", isRepeatable: true,
    "how long runs are kept after their end; NAMESPACE=LENGTH for one (default: 90d)")

  static func retention(_ call: Call) throws -> RetentionRules {
    guard let rules = RetentionRules(call.all("keep")) else {
      throw Failure(
        .usage, "--keep \(call.all("keep").joined(separator: " --keep ")) says not how long",
        hint: "write " + RetentionRules.rule)
    }
    return rules
  }

  /// What tasks may have, and where they and webhooks may go.
  static let tasks: [Verb.Option] = [
    .init(
      "task-memory-mib", value: "N",
      "address space of each process of a task (MILLRACE_TASK_MEMORY_MIB)"),
    .init(
      "task-file-mib", value: "N", "each file that a task writes (MILLRACE_TASK_FILE_MIB)"),
    .init(
      "task-processes", value: "N",
      "processes of the worker's user; root is not held to it (MILLRACE_TASK_PROCESSES)"),
    .init(
      "task-syscalls", value: "WORD",
      "filtered, or all where tasks trace, mount or unshare (MILLRACE_TASK_SYSCALLS)"),
    .init(
      "container-engine", value: "PROGRAM",
      "runs the containers of tasks: docker or podman (MILLRACE_CONTAINER_ENGINE)"),
    .init(
      "egress-allow", value: "RANGE,…", isRepeatable: true,
      "private addresses that webhooks and http tasks may reach (MILLRACE_EGRESS_ALLOW)"),
    .init(
      "egress-ports", value: "PORT,…", isRepeatable: true,
      "ports besides 80 and 443 that they may reach (MILLRACE_EGRESS_PORTS)"),
  ]

  static func tasks(_ call: Call) throws -> TaskSettings {
    var tasks = TaskSettings()
    tasks.memoryMebibytesMax = try number(call, "task-memory-mib", TaskSettings.memoryMebibytes)
    tasks.fileMebibytesMax = try number(call, "task-file-mib", TaskSettings.fileMebibytes)
    tasks.processesMax = try number(call, "task-processes", TaskSettings.processes)
    tasks.filtersCalls = try filtersCalls(call)
    tasks.containerEngine = call.value("container-engine")
    return tasks
  }

  private static func filtersCalls(_ call: Call) throws -> Bool {
    switch call.value("task-syscalls") {
    case nil, "filtered": return true
    case "all": return false
    case let word?:
      throw Failure.usage("--task-syscalls takes filtered or all, not '\(word)'")
    }
  }

  static func egress(_ call: Call, from base: EgressRules) throws -> EgressRules {
    do throws(StartFailure) {
      return try EgressRules.reading(
        ranges: words(call, "egress-allow"), ports: words(call, "egress-ports"), from: base)
    } catch {
      throw Failure(.usage, error.what, hint: error.hint)
    }
  }

  /// Nil for what the service does by itself.
  static func retryWaits(_ call: Call) throws -> [Duration]? {
    let texts = words(call, "notify-retry")
    guard !texts.isEmpty else { return nil }
    let waits = texts.compactMap { DurationText.duration($0) }
    guard waits.count == texts.count else {
      throw Failure(
        .usage, "'\(texts.joined(separator: ","))' says not how long to wait",
        hint: "a length is \(DurationText.rule); several are separated by commas")
    }
    return waits
  }

  /// Nil when nothing was said.
  private static func number(
    _ call: Call, _ name: String, _ bounds: ClosedRange<Int>
  ) throws -> Int? {
    call.has(name) ? try call.number(name, default: 0, in: bounds) : nil
  }

  private static func words(_ call: Call, _ name: String) -> [String] {
    call.all(name).flatMap { text in
      text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  static let s3 = Verb.Option(
    "s3", value: "URL", "bucket for artifacts: https://HOST/BUCKET?region=… (MILLRACE_S3)")

  /// Credentials come from the variables that every tool for S3 reads.
  static func s3(_ call: Call) -> ServeConfiguration.S3? {
    guard let url = call.value("s3") else { return nil }
    var s3 = ServeConfiguration.S3(url: url)
    // Those of the address come first: both would contradict each other.
    guard !url.contains("@") else { return s3 }
    s3.accessKey = call.environment["AWS_ACCESS_KEY_ID"]
    s3.secretKey = call.environment["AWS_SECRET_ACCESS_KEY"]
    s3.sessionToken = call.environment["AWS_SESSION_TOKEN"]
    return s3
  }

  static let mongoDB = Verb.Option(
    "mongodb", value: "URL", "for history and logs, as its drivers read it (MILLRACE_MONGODB)")

  /// Passwords are among them: they stand in a file and not on a command line.
  static func settings(_ call: Call) throws -> [(name: String, value: String)] {
    guard let file = call.value("kafka-settings") else { return [] }
    let text = String(decoding: try LocalFiles.read(file), as: UTF8.self)
    var settings: [(name: String, value: String)] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let line = line.drop { $0.isWhitespace }
      guard !line.isEmpty, !line.hasPrefix("#") else { continue }
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw Failure(
          .usage, "\(file):\(index + 1) is no setting", hint: "write NAME=VALUE in each line")
      }
      settings.append((String(parts[0]), String(parts[1])))
    }
    return settings
  }
}
