internal import Contracts
internal import Domain
internal import IAMCore
internal import Ports
internal import ServiceKit

/// Reads what decisions rest on, and writes the rows that go together.
struct Shelf: Sendable {
  let ports: IAMPorts

  func get<Record>(
    _ table: Table<Record>, _ key: RecordValue...
  ) async throws(Problem) -> Versioned<Record>? {
    do throws(StoreError) {
      return try await ports.store.get(table, key: key)
    } catch {
      throw Problem(error)
    }
  }

  func query<Record>(
    _ table: Table<Record>, _ query: RecordQuery
  ) async throws(Problem) -> (records: [Versioned<Record>], next: RecordCursor?) {
    do throws(StoreError) {
      return try await ports.store.query(table, query)
    } catch {
      throw Problem(error)
    }
  }

  func user(_ text: String) async throws(Problem) -> Versioned<UserRecord> {
    if let name = UserName(text), let row = try await get(IAMTables.users, .text(name.text)) {
      return row
    }
    throw Problem.notFound("user \(text)")
  }

  func namespace(_ name: NamespaceName) async throws(Problem) -> Versioned<NamespaceRecord> {
    if let row = try await get(IAMTables.namespaces, .text(name.text)) { return row }
    throw Problem.notFound("namespace \(name)")
  }

  func account(_ name: AccountName) async throws(Problem) -> Versioned<AccountRecord> {
    let row = try await get(
      IAMTables.accounts, .text(name.namespace.text), .text(name.name))
    if let row { return row }
    throw Problem.notFound("service account \(name)")
  }

  /// Tells everybody that older access tokens of this subject are void. A batch holds one at most.
  ///
  /// Voids are numbered in the order of their commits: whoever has heard of one has heard of all
  /// before it, whatever clocks said.
  func void(
    _ subject: String, before epoch: Int64
  ) async throws(Problem) -> [RecordBatch.Entry] {
    let counted = try await get(IAMTables.voidCounts, .text(VoidCountRecord.key))
    var count = counted?.record ?? VoidCountRecord(count: VoidCountRecord.key)
    count.last += 1
    let record = VoidRecord(
      subject: subject, epoch: epoch, atUs: ports.now.microseconds, number: count.last)
    let known = try await get(IAMTables.voids, .text(subject))
    return [
      counted.map { IAMTables.voidCounts.update(count, over: $0.version) }
        ?? IAMTables.voidCounts.insert(count),
      known.map { IAMTables.voids.update(record, over: $0.version) }
        ?? IAMTables.voids.insert(record),
    ]
  }

  /// The rows that a change of a subject writes beside its own.
  ///
  /// - Parameter id: of the subject; `name` is what lists show.
  func entries(
    of effects: [Subject.Effect], id: String, name: String
  ) async throws(Problem) -> [RecordBatch.Entry] {
    var entries: [RecordBatch.Entry] = []
    for effect in effects {
      switch effect {
      case .void(let epoch): entries += try await void(id, before: epoch)
      case .joinAdministrators: entries.append(try await administrators(.joined(id)))
      case .leaveAdministrators: entries.append(try await administrators(.left(id)))
      case .endSignIns: break
      case .refuse(.tooManyNamespaces):
        throw Problem(
          422, "too-many-roles",
          "\(name) holds roles in \(RoleGrants.namespacesMax) namespaces already; give it one in "
            + "the whole installation, or withdraw another")
      }
    }
    return entries
  }

  func administrators(
    _ event: Administrators.Event
  ) async throws(Problem) -> RecordBatch.Entry {
    let row = try await get(IAMTables.installations, .text(InstallationRecord.key))
    var record = row?.record ?? InstallationRecord(installation: InstallationRecord.key)
    var machine = record.machine
    for effect in machine.apply(event) {
      switch effect {
      case .changed: break
      case .refuse(.notFirst): throw Problem.badCredentials
      case .refuse(.last):
        throw Problem(
          409, "last-administrator",
          "this is the last administrator; make another one first")
      case .refuse(.tooMany):
        throw Problem(
          422, "too-many-administrators",
          "there are \(Administrators.countMax) administrators already")
      }
    }
    record.take(machine)
    return row.map { IAMTables.installations.update(record, over: $0.version) }
      ?? IAMTables.installations.insert(record)
  }
}

extension Problem {
  /// One answer for every name, password and token that is not good: nobody learns which of them
  /// was wrong.
  static var badCredentials: Problem {
    Problem(
      401, "bad-credentials", "these credentials are not good",
      fields: [HTTPField("WWW-Authenticate", "Bearer")])
  }

  static func busy(_ seconds: Int64) -> Problem {
    Problem(
      429, "too-many-attempts", "too many attempts; try again in \(seconds) s",
      fields: [HTTPField("Retry-After", "\(seconds)")])
  }

  init(_ error: PasswordHasherError) {
    switch error {
    case .busy: self = .busy(1)
    case .refused(let why): self.init(500, "hash-refused", why)
    }
  }
}
