internal import Contracts
internal import Domain
internal import NotificationCore
internal import Ports
internal import ServiceKit

/// Routes about messages: the history, and sending again.
struct DeliveryRoutes: Sendable {
  let ports: NotificationPorts
  let desk: DeliveryDesk
  let subscriptions: SubscriptionDesk
  let wake: Signal

  private static let root = "/v1/notifications/deliveries"

  var all: [Route] {
    [
      Route(
        "GET", Self.root, .allowed(.notificationRead),
        parameters: ["namespace", "subscription", "run", "state", "limit", "cursor"], list),
      Route("GET", Self.root + "/{delivery}", .allowed(.notificationRead, in: .content), get),
      Route(
        "POST", Self.root + "/{delivery}/redeliver", .allowed(.notificationEdit, in: .content),
        redeliver),
    ]
  }

  /// The message that the path names, if it is the caller's business.
  private func delivery(
    _ request: RouteRequest
  ) async throws(Problem) -> (id: DeliveryID, record: DeliveryRecord) {
    let text = request.segment("delivery")
    let found: DeliveryRecord?
    do throws(StoreError) {
      found = DeliveryID(text: text) == nil ? nil : try await desk.record(text)
    } catch {
      throw Problem(error)
    }
    guard let record = found, let id = DeliveryID(text: text),
      let namespace = NamespaceName(record.namespace)
    else { throw Problem.notFound("delivery \(text)") }
    try request.authorize(in: namespace, missing: "delivery \(text)")
    return (id, record)
  }

  private func get(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    .json(DeliveryDocument.of(try await delivery(request).record, isWhole: true))
  }

  private func redeliver(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let known = try await delivery(request)
    let change: DeliveryDesk.Change?
    do throws(StoreError) {
      change = try await desk.apply(.redeliverAsked, to: known.id)
    } catch {
      throw Problem(error)
    }
    guard let change else { throw Problem.notFound("delivery \(known.id)") }
    if change.effects.contains(.refuse(.underWay)) {
      throw Problem(
        409, "under-way", "the message is being sent at this moment; look at what comes of it")
    }
    wake.wake()
    return .json(DeliveryDocument.of(change.record, isWhole: true), status: 202)
  }

  // MARK: History

  private struct Filter {
    var run: String?
    var state: String?

    static let states = ["waiting", "sending", "delivered", "failed", "unknown"]

    init(_ request: RouteRequest) throws(Problem) {
      run = request.query["run"]
      if let run, RunID(text: run) == nil {
        throw Problem.parameter("run", "is '\(run)', which is no run's id")
      }
      state = request.query["state"]
      if let state, !Filter.states.contains(state) {
        throw Problem.parameter(
          "state", "is '\(state)'; states are \(Filter.states.joined(separator: ", "))")
      }
    }

    func passes(_ record: DeliveryRecord) -> Bool {
      (run == nil || record.end?.run == run) && (state == nil || record.phase == state)
    }
  }

  /// Newest first; a page looks at a bounded number of rows, so that a filter which hardly anything
  /// passes gives short pages, never a slow one.
  private func list(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let filter = try Filter(request)
    let text = "deliveries\n" + request.filterText
    let limit = try request.number("limit", default: 50, in: 1...200)
    var query = try await query(request)
    query.after = try request.cursor(text, ports.seal).flatMap(DeliveryRoutes.cursor)
    var items: [Value] = []
    var scanned = 0
    var isMore = true
    while items.count < limit, isMore, scanned < ports.configuration.rowsScannedMax {
      query.limit = limit - items.count
      let page: (records: [Versioned<DeliveryRecord>], next: RecordCursor?)
      do throws(StoreError) {
        page = try await ports.store.query(NotificationTables.deliveries, query)
      } catch {
        throw Problem(error)
      }
      scanned += max(page.records.count, 1)
      isMore = page.next != nil
      query.after = page.next ?? query.after
      items += page.records.map(\.record).filter(filter.passes).map {
        DeliveryDocument.of($0, isWhole: false)
      }
    }
    let next = isMore ? query.after.map(DeliveryRoutes.place) : nil
    return .page(items, next: next, text, ports.seal)
  }

  private func query(_ request: RouteRequest) async throws(Problem) -> RecordQuery {
    let namespace = try request.namespace()
    let table = NotificationTables.deliveries.name
    guard let text = request.query["subscription"] else {
      return RecordQuery(
        table: table, index: "newest", prefix: [.text(namespace.text)], isDescending: true, limit: 1
      )
    }
    guard let row = try await subscriptions.find(text, in: namespace),
      row.record.namespace == namespace.text
    else { throw Problem.parameter("subscription", "is '\(text)', which does not exist here") }
    return RecordQuery(
      table: table, index: "of_subscription", prefix: [.text(row.record.subscription)],
      isDescending: true, limit: 1)
  }

  private static func place(_ cursor: RecordCursor) -> ListCursor {
    ListCursor(
      place: cursor.values.map { value in
        switch value {
        case .integer(let number): "i\(number)"
        case .text(let text): "t\(text)"
        case .null, .bytes: "n"
        }
      })
  }

  private static func cursor(_ cursor: ListCursor) -> RecordCursor? {
    var values: [RecordValue] = []
    for part in cursor.place {
      let rest = String(part.dropFirst())
      switch part.first {
      case "i":
        guard let number = Int64(rest) else { return nil }
        values.append(.integer(number))
      case "t": values.append(.text(rest))
      default: values.append(.null)
      }
    }
    return RecordCursor(values: values)
  }
}
