internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// The audit: newest first, of the installation or of one namespace.
struct AuditRoutes: Sendable {
  let ports: IAMPorts

  private static let parameters = [
    "actor", "action", "outcome", "since", "before", "limit", "cursor",
  ]
  /// Rows that one page looks at: a filter that hardly anything passes gives short pages.
  static let rowsScannedMax = 2_000

  var all: [Route] {
    [
      Route(
        "GET", "/v1/audit", .allowed(.auditRead, in: .installation),
        parameters: AuditRoutes.parameters
      ) { request throws(Problem) in try await list(request, nil) },
      Route(
        "GET", "/v1/namespaces/{namespace}/audit", .allowed(.auditRead),
        parameters: AuditRoutes.parameters
      ) { request throws(Problem) in
        try await list(request, NamespaceName(request.segment("namespace")))
      },
    ]
  }

  private func list(
    _ request: RouteRequest, _ namespace: NamespaceName?
  ) async throws(Problem) -> HTTPResponse {
    let limit = try request.number("limit", default: 50, in: 1...200)
    let filter = "audit\n\(namespace?.text ?? "*")\n" + request.filterText
    if let outcome = request.query["outcome"], AuditEntry.Outcome(rawValue: outcome) == nil {
      let words = AuditEntry.Outcome.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem.parameter("outcome", "is '\(outcome)'; outcomes are \(words)")
    }
    let (since, before) = (try request.moment("since"), try request.moment("before"))
    var after = try request.cursor(filter, ports.seal)?.place.first
    var items: [Value] = []
    var scanned = 0
    var isMore = true
    while items.count < limit, isMore, scanned < AuditRoutes.rowsScannedMax {
      let end = after ?? before.map { AuditRoutes.bound($0) }
      let page = try await Shelf(ports: ports).query(
        IAMTables.audits,
        RecordQuery(
          table: IAMTables.audits.name, index: namespace == nil ? nil : "of_namespace",
          prefix: namespace.map { [.text($0.text)] } ?? [],
          lower: since.map { .including(.text(AuditRoutes.bound($0))) },
          upper: end.map { .excluding(.text($0)) }, isDescending: true, limit: limit))
      isMore = page.next != nil
      for row in page.records {
        scanned += 1
        after = row.record.id
        if passes(row.record, request) { items.append(row.record.value) }
        guard items.count < limit else {
          isMore = isMore || row.record.id != page.records.last?.record.id
          break
        }
      }
    }
    let next = isMore ? after.map { ListCursor(place: [$0]) } : nil
    return .page(items, next: next, filter, ports.seal)
  }

  /// Before every entry of that instant's millisecond.
  private static func bound(_ moment: Moment) -> String {
    let milliseconds = UInt64(clamping: moment.microseconds / 1_000)
    return AuditID(SortableID(high: milliseconds << 16, low: 0)).text
  }

  private func passes(_ record: AuditRecord, _ request: RouteRequest) -> Bool {
    (request.query["actor"].map { $0 == record.actor } ?? true)
      && (request.query["action"].map { $0 == record.action } ?? true)
      && (request.query["outcome"].map { $0 == record.outcome } ?? true)
  }
}

extension AuditRecord {
  var value: Value {
    .record([
      ("id", .string(id)), ("at", .time(Moment(microseconds: atUs))), ("actor", .string(actor)),
      ("actorId", .text(actorId.isEmpty ? nil : actorId)), ("actorKind", .string(actorKind)),
      ("namespace", .text(namespace.isEmpty ? nil : namespace)), ("action", .string(action)),
      ("object", .string(object)), ("outcome", .string(outcome)),
      ("status", .integer(Int64(status))), ("code", .text(code.isEmpty ? nil : code)),
      ("requestId", .string(request)), ("source", .text(source.isEmpty ? nil : source)),
      ("fields", fields.isEmpty ? .null : .labels(fields)),
    ])
  }
}
