internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// Routes about logs: the same address while a task runs and ever after.
struct LogRoutes: Sendable {
  let ports: MetadataPorts

  private static let parameters = ["follow", "from"]

  var all: [Route] {
    [
      Route(
        "GET", "/v1/runs/{run}/tasks/{task}/attempts/{attempt}/logs",
        .allowed(.logRead, in: .content),
        parameters: LogRoutes.parameters, attempt),
      Route(
        "GET", "/v1/runs/{run}/tasks/{task}/logs", .allowed(.logRead, in: .content),
        parameters: LogRoutes.parameters, task),
      Route(
        "GET", "/v1/runs/{run}/logs", .allowed(.logRead, in: .content), parameters: ["follow"],
        run),
    ].map(\.steady)
  }

  private func attempt(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let (run, key, task) = try await known(request)
    let text = request.segment("attempt")
    guard let number = Int(text), String(number) == text,
      task.end(of: Fence(number)) != nil
    else {
      throw Problem.notFound("attempt \(text)")
    }
    let attempt = AttemptID(run: run, task: key, fence: Fence(number))
    let from = try from(request)
    let isFollowing = try request.flag("follow")
    let stream = LogStream(ports: ports, isFollowing: isFollowing)
    return try LogForm(request).response { writer in
      try await stream.write(attempt, from: from, to: writer)
    }
  }

  private func task(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let (run, key, _) = try await known(request)
    let place = try request.http.fields["last-event-id"].map { id throws(Problem) in
      try LogPlace(id)
    }
    let from = try from(request)
    let isFollowing = try request.flag("follow")
    let stream = LogStream(ports: ports, isFollowing: isFollowing)
    return try LogForm(request).response { writer in
      try await stream.write(key, of: run, after: place, from: from, to: writer)
    }
  }

  private func run(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let id = try await run(of: request)
    let isFollowing = try request.flag("follow")
    let stream = RunLogStream(ports: ports, isFollowing: isFollowing)
    return try LogForm(request).response { writer in try await stream.write(id, to: writer) }
  }

  /// The run of the path. One of a namespace whose logs the caller may not read does not exist for
  /// them.
  private func run(of request: RouteRequest) async throws(Problem) -> RunID {
    let text = request.segment("run")
    guard let run = RunID(text: text) else { throw Problem.notFound("run \(text)") }
    guard let namespace = (try await view(of: run)?.namespace).flatMap({ NamespaceName($0) }) else {
      throw Problem.notFound("run \(text)")
    }
    try request.authorize(in: namespace, missing: "run \(text)")
    return run
  }

  /// Who starts a run and asks for its logs at once may be faster than the scheduler.
  private func view(of run: RunID) async throws(Problem) -> RunView? {
    let end = run.id.madeAt + ports.configuration.newRunWithin
    while true {
      do throws(RPCError) {
        return try await SchedulerClient(ports: ports).run(run)
      } catch {
        guard error.code == .notFound, ports.context.time.now() < end else {
          throw Problem(error)
        }
      }
      let wait = ports.configuration.newRunLookEvery
      // Given up meanwhile.
      guard (try? await ports.context.time.sleep(for: wait)) != nil else { return nil }
    }
  }

  /// The task of the path; its run and it must exist.
  private func known(
    _ request: RouteRequest
  ) async throws(Problem) -> (RunID, TaskKey, TaskLook) {
    let run = try await run(of: request)
    let missing = Problem.notFound("task \(request.segment("task"))")
    guard let key = TaskKey(text: request.segment("task")) else { throw missing }
    let task: TaskLook?
    do {
      task = try await RunTasks(ports: ports).task(key, of: run)
    } catch let error as RPCError {
      throw Problem(error)
    } catch let error as ArchiveError {
      throw Problem(error)
    } catch {
      throw Problem(500, "internal", "the task cannot be looked up")
    }
    guard let task else { throw missing }
    return (run, key, task)
  }

  /// The first line that is wanted: behind the last event of a reader that connects again, else
  /// what the query says.
  private func from(_ request: RouteRequest) throws(Problem) -> Int64 {
    if let id = request.http.fields["last-event-id"] { return try LogPlace(id).next }
    return Int64(try request.number("from", default: 0, in: 0...Int(LogPlace.lineMax)))
  }
}
