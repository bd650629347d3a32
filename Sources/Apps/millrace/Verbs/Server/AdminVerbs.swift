internal import Composition
internal import Domain

/// What an installation needs at its servers before it starts.
enum AdminVerbs {
  static let all: [Verb] =
    [migrate, ReconcileVerb.verb, topics, firstAdminToken, CertificateVerb.verb]
    + GatewayVerbs.all

  static let migrate = Verb(
    "admin migrate", "Bring the database and MongoDB to what this version needs",
    options: [
      ServerOptions.database[0], ServerOptions.mongoDB,
      .init("plan", "only say what would be done"),
      .init(
        "grant-to", value: "ROLE",
        "let this role use the tables; {service} in it is the name of each service"),
    ],
    examples: [
      "millrace admin migrate --plan", "millrace admin migrate --grant-to millrace_{service}",
    ]
  ) { asked in
    let call = try Settings(asked).call
    let (database, mongoDB) = (call.value("database"), call.value("mongodb"))
    guard database != nil || mongoDB != nil else {
      throw Failure.usage(
        "no database is named: --database URL, or MILLRACE_DATABASE; --mongodb URL for history")
    }
    let schemas = database.map {
      SchemaAdministration(database: $0, services: ServiceName.allCases)
    }
    let archive = mongoDB.map { ArchiveAdministration(mongoDB: $0) }
    do throws(StartFailure) {
      let steps = try await schemas?.plan() ?? []
      let indexes = try await archive?.plan() ?? []
      if call.has("plan") {
        for step in steps { Terminal.line("\(step.service.rawValue) \(step.number) \(step.name)") }
        for index in indexes { Terminal.line("metadata index \(index)") }
        if steps.isEmpty, indexes.isEmpty { Terminal.note("nothing is to be done") }
        return .ok
      }
      try await schemas?.migrate(grantingTo: call.value("grant-to")) { step in
        Terminal.note("\(step.service.rawValue): step \(step.number), \(step.name), is done")
      }
      for index in try await archive?.migrate() ?? [] {
        Terminal.note("metadata: the index \(index) is made")
      }
      Terminal.note("all that was named is as this version needs it")
      return .ok
    } catch {
      throw Failure(.failed, error.what, hint: error.hint)
    }
  }

  static let topics = Verb(
    "admin topics apply", "Make the topics that are missing at the brokers",
    options: ServerOptions.brokers + [
      .init("replication", value: "N", "copies of each partition (default: 3)"),
      .init("plan", "only say what would be made"),
    ],
    examples: ["millrace admin topics apply --kafka 10.0.0.9:9092"]
  ) { asked in
    let call = try Settings(asked).call
    guard let brokers = call.value("kafka") else {
      throw Failure.usage("no broker is named: --kafka HOST:PORT, or MILLRACE_KAFKA")
    }
    let administration = TopicAdministration(
      brokers: brokers, replication: try call.number("replication", default: 3, in: 1...100),
      settings: try ServerOptions.settings(call))
    do throws(StartFailure) {
      let missing = try await administration.apply(isDry: call.has("plan"))
      for name in missing { Terminal.line(name) }
      Terminal.note(
        missing.isEmpty
          ? "all topics are there"
          : call.has("plan") ? "these topics are missing" : "these topics were made")
      return .ok
    } catch {
      throw Failure(.failed, error.what, hint: error.hint)
    }
  }

  static let firstAdminToken = Verb(
    "admin first-admin-token", "Print a new secret that the first administrator registers with",
    examples: ["(umask 077; millrace admin first-admin-token > first-admin)"]
  ) { _ in
    Terminal.line(FirstAdministrator.newToken())
    return .ok
  }
}
