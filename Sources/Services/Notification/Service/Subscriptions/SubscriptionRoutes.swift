internal import Contracts
internal import Domain
internal import NotificationCore
internal import Ports
internal import ServiceKit

/// Routes about subscriptions.
struct SubscriptionRoutes: Sendable {
  let ports: NotificationPorts
  let desk: SubscriptionDesk
  let wake: Signal

  private static let root = "/v1/notifications/subscriptions"
  private static let one = root + "/{subscription}"

  var all: [Route] {
    [
      Route("POST", Self.root, .allowed(.notificationEdit, in: .content), create),
      Route(
        "GET", Self.root, .allowed(.notificationRead),
        parameters: ["namespace", "limit", "cursor"], list),
      Route(
        "GET", Self.one, .allowed(.notificationRead, in: .content), parameters: ["namespace"], get),
      Route(
        "PATCH", Self.one, .allowed(.notificationEdit, in: .content), parameters: ["namespace"],
        change),
      Route(
        "DELETE", Self.one, .allowed(.notificationEdit, in: .content), parameters: ["namespace"],
        delete),
      Route(
        "POST", Self.one + "/rotate", .allowed(.notificationEdit, in: .content),
        parameters: ["namespace"], rotate),
      Route(
        "POST", Self.one + "/test", .allowed(.notificationEdit, in: .content),
        parameters: ["namespace"], test),
      Route(
        "POST", Self.one + "/pause", .allowed(.notificationEdit, in: .content),
        parameters: ["namespace"]
      ) { request throws(Problem) in try await move(.pauseAsked, request) },
      Route(
        "POST", Self.one + "/resume", .allowed(.notificationEdit, in: .content),
        parameters: ["namespace"]
      ) { request throws(Problem) in try await move(.resumeAsked, request) },
    ]
  }

  // MARK: Make and find

  private func create(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let bytes = try await request.jsonBytes(upTo: ports.configuration.requestBytesMax)
    let draft = try RouteRequest.read(bytes) {
      SubscriptionDraft(new: &$0, ports.configuration)
    }
    let namespace = draft.namespace ?? .default
    try request.authorize(in: namespace)
    try requireMailServer(draft)
    let made = try await desk.create(draft, in: namespace, by: request.principal.name)
    return .json(
      SubscriptionDocument.of(made.record, secret: made.secret), status: 201,
      fields: [
        HTTPField("Location", "\(Self.root)/\(made.record.subscription)"), tag(made.record),
      ])
  }

  private func requireMailServer(_ draft: SubscriptionDraft) throws(Problem) {
    guard draft.mail != nil, ports.mailer == nil else { return }
    throw Problem(
      422, "mail-not-set-up",
      "this installation has no mail server; the operator sets one up, or use a webhook")
  }

  private func tag(_ record: SubscriptionRecord) -> HTTPField {
    HTTPField("ETag", "\"\(record.revision)\"")
  }

  /// The subscription that the path names, if it is the caller's business.
  private func subscription(_ request: RouteRequest) async throws(Problem) -> SubscriptionRecord {
    let text = request.segment("subscription")
    let row = try await desk.find(text, in: try request.namespace())
    guard let record = row?.record, let namespace = NamespaceName(record.namespace) else {
      throw Problem.notFound("subscription \(text)")
    }
    try request.authorize(in: namespace, missing: "subscription \(text)")
    return record
  }

  private func get(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let record = try await subscription(request)
    return .json(SubscriptionDocument.of(record), fields: [tag(record)])
  }

  /// By name.
  private func list(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let namespace = try request.namespace()
    let limit = try request.number("limit", default: 50, in: 1...200)
    let filter = "subscriptions\n" + request.filterText
    let after = try request.cursor(filter, ports.seal)?.place.first
    let table = NotificationTables.subscriptions
    do throws(StoreError) {
      let page = try await ports.store.query(
        table,
        RecordQuery(
          table: table.name, index: "names", prefix: [.text(namespace.text)],
          lower: after.map { .excluding(.text($0)) }, limit: limit))
      let last = page.next == nil ? nil : page.records.last?.record.name
      return .page(
        page.records.map { SubscriptionDocument.of($0.record) },
        next: last.map { ListCursor(place: [$0]) }, filter, ports.seal)
    } catch {
      throw Problem(error)
    }
  }

  // MARK: Change

  private func change(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let known = try await subscription(request)
    let bytes = try await request.jsonBytes(upTo: ports.configuration.requestBytesMax)
    let draft = try RouteRequest.read(bytes) {
      SubscriptionDraft(change: &$0, ports.configuration)
    }
    let record = try await desk.change(known.subscription, match: request.entityMatch) {
      record, now throws(Problem) in
      guard draft.mail == nil || !record.isWebhook, draft.url == nil || record.isWebhook else {
        throw Problem(
          422, "channel-fixed",
          "a subscription keeps its channel; make another one for the other channel")
      }
      record.description = draft.description ?? record.description
      record.occasions = draft.occasions?.map(\.rawValue) ?? record.occasions
      record.workflows = draft.workflows?.map(\.text) ?? record.workflows
      record.labels = draft.labels ?? record.labels
      record.mail = draft.mail ?? record.mail
      if let url = draft.url { desk.setAddress(url, of: &record) }
    }
    return .json(SubscriptionDocument.of(record), fields: [tag(record)])
  }

  private func delete(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    try await desk.delete(try await subscription(request), match: request.entityMatch)
    return HTTPResponse(status: 204)
  }

  private func rotate(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let known = try await subscription(request)
    let rotated = try await desk.rotate(known.subscription)
    return .json(
      SubscriptionDocument.of(rotated.record, secret: rotated.secret),
      fields: [tag(rotated.record)])
  }

  private func move(
    _ event: SubscriptionHealth.Event, _ request: RouteRequest
  ) async throws(Problem) -> HTTPResponse {
    let known = try await subscription(request)
    let failuresMax = Int(clamping: ports.configuration.failuresInRowMax)
    let record = try await desk.change(known.subscription) { record, now throws(Problem) in
      var health = record.health
      _ = health.apply(event, failuresMax: failuresMax, at: now)
      record.health = health
    }
    wake.wake()
    return .json(SubscriptionDocument.of(record), fields: [tag(record)])
  }

  private func test(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let record = try await subscription(request)
    let deliveries = try await desk.test(record)
    wake.wake()
    return .json(
      .record([
        ("deliveries", .array(deliveries.map { DeliveryDocument.of($0, isWhole: false) }))
      ]), status: 202)
  }
}
