internal import Composition
internal import Domain

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

  /// `scheduler=a:1,b:1`; in the variable they are separated by blanks.
  static func peers(_ call: Call) throws -> [ServiceName: [String]] {
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

  static func service(_ word: String) throws -> ServiceName {
    guard let service = ServiceName(rawValue: word) else {
      let names = ServiceName.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure.usage("there is no service '\(word)'; services are \(names)")
    }
    return service
  }

  static let serviceKey = Verb.Option(
    "service-key", value: "FILE", "32 bytes that all processes have (MILLRACE_SERVICE_KEY_FILE)")

  static func serviceKey(_ call: Call) -> String? {
    call.value("service-key") ?? call.environment["MILLRACE_SERVICE_KEY_FILE"]
  }

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
    let found = ["certificate", "key", "authority"].map { name in
      call.value("tls-" + name) ?? call.environment["MILLRACE_TLS_\(name.uppercased())_FILE"]
    }
    guard found.contains(where: { $0 != nil }) else { return nil }
    guard let certificate = found[0], let key = found[1], let authority = found[2] else {
      throw Failure.usage("--tls-certificate, --tls-key and --tls-authority belong together")
    }
    return (certificate, key, authority)
  }

  static func isBehindGateway(_ call: Call) throws -> Bool {
    if call.has("behind-gateway") { return true }
    switch call.environment["MILLRACE_BEHIND_GATEWAY"] {
    case nil, "", "0", "false": return false
    case "1", "true": return true
    case let word?:
      throw Failure.usage("MILLRACE_BEHIND_GATEWAY takes 1 or 0, not '\(word)'")
    }
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

  static let s3 = Verb.Option(
    "s3", value: "URL", "bucket for artifacts: https://HOST/BUCKET?region=… (MILLRACE_S3)")

  /// Credentials come from the variables that every tool for S3 reads.
  static func s3(_ call: Call) -> ServeConfiguration.S3? {
    guard let url = call.value("s3") ?? call.environment["MILLRACE_S3"] else { return nil }
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

  static func mongoDB(_ call: Call) -> String? {
    call.value("mongodb") ?? call.environment["MILLRACE_MONGODB"]
  }

  static func database(_ call: Call) -> String? {
    call.value("database") ?? call.environment["MILLRACE_DATABASE"]
  }

  static func brokers(_ call: Call) -> String? {
    call.value("kafka") ?? call.environment["MILLRACE_KAFKA"]
  }

  /// Passwords are among them: they stand in a file and not on a command line.
  static func settings(_ call: Call) throws -> [(name: String, value: String)] {
    guard
      let file = call.value("kafka-settings") ?? call.environment["MILLRACE_KAFKA_SETTINGS"]
    else { return [] }
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
