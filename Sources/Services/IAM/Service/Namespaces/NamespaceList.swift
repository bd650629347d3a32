internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire

/// Lists what a namespace has of one kind, by name, page by page.
struct NamespaceList<Record: WireMessage>: Sendable {
  let ports: IAMPorts
  let table: Table<Record>
  /// Which list it is: a cursor of another one is refused.
  let kind: String
  let name: @Sendable (Record) -> String
  let value: @Sendable (Record) -> Value

  func answer(_ request: RouteRequest, _ namespace: NamespaceName) async throws(Problem)
    -> HTTPResponse
  {
    let limit = try request.number("limit", default: 50, in: 1...200)
    let filter = "\(kind)\n\(namespace)"
    let after = try request.cursor(filter, ports.seal)?.place.first
    let page = try await Shelf(ports: ports).query(
      table,
      RecordQuery(
        table: table.name, prefix: [.text(namespace.text)],
        lower: after.map { .excluding(.text($0)) }, limit: limit))
    let last = page.next == nil ? nil : page.records.last.map { name($0.record) }
    return .page(
      page.records.map { value($0.record) }, next: last.map { ListCursor(place: [$0]) }, filter,
      ports.seal)
  }
}
