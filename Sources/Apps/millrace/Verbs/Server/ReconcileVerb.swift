internal import Composition
internal import Domain
internal import Synchronization

/// Makes stores that were restored from different moments say the same.
enum ReconcileVerb {
  static let verb = Verb(
    "admin reconcile", "Compare the stores with each other, and mend what a restore has left",
    options: [
      ServerOptions.database[0], ServerOptions.mongoDB, ServerOptions.s3,
      .init("data", value: "DIR", "of history or artifacts that are kept in files"),
      ServerOptions.keep,
      .init("repair", "mend what can be mended; without it nothing is changed"),
      .init("delete-objects", "delete objects of which no record knows, too"),
      .init("forget-lost", "remove artifacts whose bytes are gone, too"),
    ],
    examples: [
      "millrace admin reconcile", "millrace admin reconcile --repair --delete-objects",
    ]
  ) { asked in
    let call = try Settings(asked).call
    guard let database = call.value("database") else {
      throw Failure.usage("no database is named: --database URL, or MILLRACE_DATABASE")
    }
    let (mongoDB, s3, data) = (
      call.value("mongodb"), ServerOptions.s3(call), call.value("data")
    )
    guard mongoDB != nil || s3 != nil || data != nil else {
      throw Failure.usage(
        "there is nothing to compare the database with: --mongodb URL for history, --s3 URL for "
          + "artifacts, --data DIR for either in files")
    }
    let reconciliation = Reconciliation(
      database: database, mongoDB: mongoDB, s3: s3, data: data,
      retention: try ServerOptions.retention(call),
      Reconciliation.Permissions(
        repairs: call.has("repair"), deletesObjects: call.has("delete-objects"),
        forgetsLostArtifacts: call.has("forget-lost")))
    let tally = Tally()
    do throws(StartFailure) {
      try await reconciliation.run { finding in
        Terminal.line(
          Terminal.neutralised("\(finding.kind) \(finding.subject) \(finding.detail)"))
        tally.add(finding)
      }
    } catch {
      throw Failure(.failed, error.what, hint: error.hint)
    }
    return tally.conclude()
  }

  /// How many differences there were of each kind, and how they stand.
  private final class Tally: Sendable {
    private struct Counts {
      var all = 0
      var mended = 0
      var open = 0
      var unexplained = 0
      var byKind: SortedMap<String, Int> = [:]
    }

    private let counts = Mutex(Counts())

    func add(_ finding: Reconciliation.Finding) {
      counts.withLock { counts in
        counts.all += 1
        counts.mended += finding.isMended ? 1 : 0
        counts.open += finding.isOpen ? 1 : 0
        counts.unexplained += finding.isUnexplained ? 1 : 0
        counts.byKind[finding.kind, default: 0] += 1
      }
    }

    /// Says what there is to say, and how the verb ends.
    func conclude() -> ExitCode {
      let counts = counts.withLock { $0 }
      guard counts.all > 0 else {
        Terminal.note("the stores agree")
        return .ok
      }
      for (kind, count) in counts.byKind { Terminal.note("\(kind): \(count)") }
      let kept = counts.all - counts.mended - counts.open - counts.unexplained
      Terminal.note(
        "\(counts.mended) mended, \(counts.open) to be mended, \(kept) that stay, "
          + "\(counts.unexplained) unexplained")
      if counts.open > 0 { Terminal.note("hint: --repair mends what is to be mended") }
      if counts.unexplained > 0 {
        Terminal.note("hint: different moments do not explain those: look at each of them")
      }
      return counts.open > 0 || counts.unexplained > 0 ? .failed : .ok
    }
  }
}
