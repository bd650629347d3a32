internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// Routes about definitions.
struct DefinitionRoutes: Sendable {
  let ports: WorkflowPorts
  let shelf: DefinitionShelf

  var all: [Route] {
    [
      Route(
        "POST", "/v1/workflows", .allowed(.workflowEdit, in: .content), parameters: ["dryRun"],
        apply),
      Route(
        "GET", "/v1/workflows", .allowed(.workflowRead),
        parameters: [
          "namespace", "limit", "cursor", "name", "label.", "updatedAfter", "updatedBefore",
        ], list),
      Route(
        "GET", "/v1/workflows/{namespace}/{workflow}", .allowed(.workflowRead),
        parameters: ["version"], get),
      Route(
        "GET", "/v1/workflows/{namespace}/{workflow}/versions", .allowed(.workflowRead),
        parameters: ["limit", "cursor"], versions),
      Route(
        "GET", "/v1/workflows/{namespace}/{workflow}/source", .allowed(.workflowRead),
        parameters: ["version"], source),
      Route("DELETE", "/v1/workflows/{namespace}/{workflow}", .allowed(.workflowEdit), delete),
    ]
  }

  private func apply(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    try request.requireContent(DefinitionSource.mediaTypes)
    let isDryRun = try request.flag("dryRun")
    let bytes = try await request.body(upTo: ports.configuration.definitionBytesMax)
    let draft = try shelf.draft(
      DefinitionSource(mediaType: request.contentType ?? "", bytes))
    try request.authorize(in: draft.definition.namespace)
    try request.principal.requireSecrets(of: draft.definition)
    if isDryRun {
      return .json(
        .record([
          ("namespace", .string(draft.definition.namespace.text)),
          ("name", .string(draft.definition.name.text)), ("version", .string(draft.version.text)),
          ("warnings", .findings(draft.warnings)),
        ]))
    }
    let applied = try await shelf.apply(
      draft, by: request.principal.name, match: request.entityMatch)
    let path = "/v1/workflows/\(applied.record.namespace)/\(applied.record.workflow)"
    return .json(
      .record(applied.record.members + [("warnings", .findings(applied.warnings))]),
      status: applied.isNew ? 201 : 200,
      fields: [
        HTTPField("ETag", "\"\(applied.record.version)\""), HTTPField("Location", path),
      ])
  }

  private func get(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let (namespace, name) = try request.workflow()
    let row = try await shelf.workflow(namespace, name)
    let wanted = VersionID(request.query["version"] ?? row.record.version)
    let version = try await shelf.version(namespace, name, wanted)
    var members = row.record.members.filter { $0.0 != "version" && $0.0 != "number" }
    members.append(("version", .string(version.version)))
    members.append(("number", .integer(version.number)))
    members.append(("latestVersion", .string(row.record.version)))
    let normalForm = try await shelf.normalForm(of: version)
    if let definition = try? Value(json: normalForm, limits: .normalForm) {
      members.append(("definition", definition))
    }
    return .json(.record(members), fields: [HTTPField("ETag", "\"\(version.version)\"")])
  }

  private func source(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let (namespace, name) = try request.workflow()
    let row = try await shelf.workflow(namespace, name)
    let version = try await shelf.version(
      namespace, name, VersionID(request.query["version"] ?? row.record.version))
    return HTTPResponse(
      status: 200,
      fields: [
        HTTPField(
          "Content-Type", version.mediaType.isEmpty ? "application/yaml" : version.mediaType),
        HTTPField("ETag", "\"\(version.version)\""),
      ], body: .bytes(try await shelf.source(of: version)))
  }

  private func delete(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let (namespace, name) = try request.workflow()
    try await shelf.delete(namespace, name, match: request.entityMatch)
    return HTTPResponse(status: 204)
  }

  private func versions(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let (namespace, name) = try request.workflow()
    _ = try await shelf.workflow(namespace, name)
    let limit = try request.number("limit", default: 50, in: 1...200)
    let filter = "versions\n\(namespace)\n\(name)"
    let before = try request.cursor(filter, ports.seal).flatMap {
      $0.place.first.flatMap { Int64($0) }
    }
    do throws(StoreError) {
      let page = try await ports.store.query(
        WorkflowTables.versions,
        RecordQuery(
          table: WorkflowTables.versions.name, index: "numbers",
          prefix: [.text(namespace.text), .text(name.text)],
          upper: before.map { .excluding(.integer($0)) }, isDescending: true, limit: limit))
      let items = page.records.map { row in
        Value.record([
          ("version", .string(row.record.version)), ("number", .integer(row.record.number)),
          ("createdAt", .time(Moment(microseconds: row.record.createdAtUs))),
          ("createdBy", .string(row.record.principal)),
        ])
      }
      let last = page.next == nil ? nil : page.records.last.map { "\($0.record.number)" }
      return .page(items, next: last.map { ListCursor(place: [$0]) }, filter, ports.seal)
    } catch {
      throw Problem(error)
    }
  }

  /// By name; a page looks at a bounded number of rows, so that a filter which hardly anything
  /// passes gives short pages, never a slow one.
  private func list(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let filter = try WorkflowFilter(request)
    let limit = try request.number("limit", default: 50, in: 1...200)
    var after = try request.cursor(filter.text, ports.seal)?.place.first
    var items: [Value] = []
    var scanned = 0
    while items.count < limit, scanned < ports.configuration.rowsScannedMax {
      let page: (records: [Versioned<WorkflowRecord>], next: RecordCursor?)
      do throws(StoreError) {
        page = try await ports.store.query(
          WorkflowTables.workflows, filter.query(after: after, limit: limit))
      } catch {
        throw Problem(error)
      }
      for row in page.records {
        scanned += 1
        after = row.record.workflow
        if filter.passes(row.record) { items.append(.record(row.record.members)) }
        if items.count == limit { break }
      }
      let isAllSeen = page.records.last.map { $0.record.workflow == after } ?? true
      if page.next == nil, isAllSeen {
        after = nil
        break
      }
    }
    return .page(items, next: after.map { ListCursor(place: [$0]) }, filter.text, ports.seal)
  }
}

/// Which definitions a list shows.
struct WorkflowFilter {
  private let namespace: NamespaceName
  private let prefix: String
  private let labels: SortedMap<String, String>
  private let updatedAfter: Moment?
  private let updatedBefore: Moment?
  /// The filter as text: a cursor is good for the same one only.
  let text: String

  init(_ request: RouteRequest) throws(Problem) {
    namespace = try request.namespace()
    prefix = request.query["name"] ?? ""
    guard prefix.utf8.count <= Slug.lengthMax, prefix.utf8.allSatisfy({ $0 < 0x7f }) else {
      throw Problem.parameter("name", "is no beginning of a name; names are \(Slug.rule)")
    }
    labels = request.labels
    updatedAfter = try request.moment("updatedAfter")
    updatedBefore = try request.moment("updatedBefore")
    text = "workflows\n" + request.filterText
  }

  func query(after: String?, limit: Int) -> RecordQuery {
    let lower: RecordQuery.Bound? =
      after.map { .excluding(.text($0)) } ?? (prefix.isEmpty ? nil : .including(.text(prefix)))
    return RecordQuery(
      table: WorkflowTables.workflows.name, prefix: [.text(namespace.text)], lower: lower,
      // Names are ASCII, so that nothing with this prefix sorts behind it.
      upper: prefix.isEmpty ? nil : .excluding(.text(prefix + "\u{7f}")), limit: limit)
  }

  func passes(_ record: WorkflowRecord) -> Bool {
    if record.isDeleted { return false }
    let updated = Moment(microseconds: record.updatedAtUs)
    if let updatedAfter, updated <= updatedAfter { return false }
    if let updatedBefore, updated >= updatedBefore { return false }
    return labels.allSatisfy { record.labels[$0.key] == $0.value }
  }
}

extension WorkflowRecord {
  var members: [(String, Value)] {
    [
      ("namespace", .string(namespace)), ("name", .string(workflow)),
      ("version", .string(version)), ("number", .integer(number)), ("labels", .labels(labels)),
      ("description", .text(description.isEmpty ? nil : description)),
      ("createdAt", .time(Moment(microseconds: createdAtUs))),
      ("updatedAt", .time(Moment(microseconds: updatedAtUs))),
    ]
  }
}

extension Value {
  static func findings(_ findings: [Finding]) -> Value {
    guard !findings.isEmpty else { return .null }
    return .array(
      findings.map { finding in
        .record([
          ("code", .string(finding.code)), ("message", .string(finding.message)),
          ("hint", .string(finding.hint)), ("pointer", .string(finding.pointer)),
          ("line", .integer(Int64(finding.position.line))),
          ("column", .integer(Int64(finding.position.column))),
        ])
      })
  }
}

extension RouteRequest {
  /// The workflow that the path names.
  fileprivate func workflow() throws(Problem) -> (NamespaceName, WorkflowName) {
    guard let namespace = NamespaceName(segment("namespace")),
      let name = WorkflowName(segment("workflow"))
    else { throw Problem.notFound("workflow \(segment("namespace"))/\(segment("workflow"))") }
    return (namespace, name)
  }
}
