internal import ArtifactCore
internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// Routes that show what there is.
struct ListRoutes: Sendable {
  let ports: ArtifactPorts
  let desk: ArtifactDesk

  var all: [Route] {
    [
      Route(
        "GET", "/v1/artifacts", .allowed(.artifactRead, in: .query),
        parameters: ["namespace", "name", "state", "limit", "cursor"], listUnattached),
      Route(
        "GET", "/v1/runs/{run}/artifacts", .allowed(.artifactRead, in: .content),
        parameters: ["task", "attempt", "name", "state", "limit", "cursor"], listOfRun),
      Route(
        "GET", "/v1/artifacts/{artifact}", .allowed(.artifactRead, in: .content)
      ) { request throws(Problem) in
        let stored = try await desk.find(request)
        return .json(stored.value)
      },
    ]
  }

  private struct Filter {
    enum State: String, CaseIterable { case ready, pending, any }

    var task: TaskKey?
    var attempt: Int64?
    var name: String?
    var state = State.ready

    func takes(_ record: ArtifactRecord) -> Bool {
      let isOfState =
        switch state {
        case .ready: record.phase == .ready
        case .pending: record.phase == .pending
        case .any: record.phase == .ready || record.phase == .pending
        }
      return isOfState && (task.map { $0.description == record.task } ?? true)
        && (attempt.map { $0 == record.attempt } ?? true)
        && (name.map { $0.utf8.elementsEqual(record.name.utf8) } ?? true)
    }
  }

  /// Files that belong to no run.
  private func listUnattached(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    try await list(request, try request.namespace(), run: "", try filter(request))
  }

  private func listOfRun(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let text = request.segment("run")
    guard let run = RunID(text: text) else { throw Problem.notFound("run \(text)") }
    let namespace = try await desk.runs.namespace(of: run)
    try request.authorize(in: namespace, missing: "run \(run)")
    var filter = try filter(request)
    if let text = request.query["task"] {
      guard let task = TaskKey(text: text) else {
        throw Problem.parameter("task", "is no task such as build or build[3]")
      }
      filter.task = task
    }
    if request.query["attempt"] != nil {
      filter.attempt = Int64(try request.number("attempt", default: 1, in: 1...1_000_000))
    }
    return try await list(request, namespace, run: run.text, filter)
  }

  private func filter(_ request: RouteRequest) throws(Problem) -> Filter {
    var filter = Filter(name: request.query["name"])
    if let text = request.query["state"] {
      guard let state = Filter.State(rawValue: text) else {
        throw Problem.parameter("state", "is '\(text)'; it takes ready, pending or any")
      }
      filter.state = state
    }
    return filter
  }

  /// In the order of their making. A page may be shorter than asked for though more follows.
  private func list(
    _ request: RouteRequest, _ namespace: NamespaceName, run: String, _ filter: Filter
  ) async throws(Problem) -> HTTPResponse {
    let limit = try request.number("limit", default: 50, in: 1...200)
    let text = "artifacts\n\(namespace)\n\(run)\n" + request.filterText
    let prefix: [RecordValue] = [.text(namespace.text), .text(run)]
    var place = try request.cursor(text, ports.seal)?.place.first.map {
      RecordCursor(values: prefix + [.text($0)])
    }
    var shown: [ArtifactRecord] = []
    var scanned = 0
    var hasMore = true
    do throws(StoreError) {
      while hasMore, shown.count < limit, scanned < ports.configuration.rowsScannedMax {
        let page = try await ports.store.query(
          ArtifactTables.artifacts,
          RecordQuery(
            table: ArtifactTables.artifacts.name, index: "of_run", prefix: prefix, limit: limit,
            after: place))
        hasMore = page.next != nil
        place = page.next ?? place
        for row in page.records {
          if shown.count == limit {
            hasMore = true
            break
          }
          scanned += 1
          place = RecordCursor(values: prefix + [.text(row.record.artifact)])
          if filter.takes(row.record) { shown.append(row.record) }
        }
      }
    } catch {
      throw Problem(error)
    }
    let items = try shown.map { record throws(Problem) in
      try StoredArtifact(
        Versioned(record, at: CommitID(bits: 0)), ports.configuration.limits
      ).value
    }
    return .page(items, next: hasMore ? place.flatMap(cursor) : nil, text, ports.seal)
  }

  private func cursor(_ place: RecordCursor) -> ListCursor? {
    guard case .text(let id) = place.values.last else { return nil }
    return ListCursor(place: [id])
  }
}
