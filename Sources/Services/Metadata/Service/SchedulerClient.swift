internal import Contracts
internal import Domain
internal import Ports
internal import Wire

/// What the metadata service asks the scheduler.
struct SchedulerClient: Sendable {
  let ports: MetadataPorts

  func run(_ id: RunID) async throws(RPCError) -> RunView? {
    let response: GetRunResponse = try await call(
      SchedulerMethods.getRun, GetRunRequest(run: id.text))
    return response.run
  }

  func tasks(
    of run: RunID, after: String, limit: Int
  ) async throws(RPCError) -> ListTasksResponse {
    try await call(
      SchedulerMethods.listTasks,
      ListTasksRequest(run: run.text, after: after, limit: Int32(clamping: limit)))
  }

  func task(_ key: TaskKey, of run: RunID) async throws(RPCError) -> TaskView? {
    let response: ListTasksResponse = try await call(
      SchedulerMethods.listTasks, ListTasksRequest(run: run.text, task: key.description))
    return response.tasks.first
  }

  /// Runs that have ended, with their tasks, as many as fit; nil from a scheduler that does not
  /// know the question yet.
  func export(_ runs: [RunID], tasksMax: Int) async throws(RPCError) -> ExportRunsResponse? {
    do throws(RPCError) {
      let answer: ExportRunsResponse = try await call(
        SchedulerMethods.exportRuns,
        ExportRunsRequest(runs: runs.map(\.text), tasksMax: Int32(clamping: tasksMax)))
      return answer
    } catch {
      guard error.code == .unimplemented else { throw error }
      return nil
    }
  }

  /// Says that the archive has copies of runs that have ended.
  func archived(_ runs: [RunID]) async throws(RPCError) {
    do throws(RPCError) {
      let _: ArchivedRunsResponse = try await call(
        SchedulerMethods.archivedRuns, ArchivedRunsRequest(runs: runs.map(\.text)))
    } catch {
      // A scheduler that never forgets need not know.
      guard error.code == .unimplemented else { throw error }
    }
  }

  private func call<Answer: WireMessage>(
    _ method: String, _ request: some WireMessage
  ) async throws(RPCError) -> Answer {
    let bytes = try await ports.network.call(
      SchedulerMethods.service, method, request.encoded(), within: ports.configuration.callWithin)
    do {
      return try Answer(decoding: bytes)
    } catch {
      throw RPCError(.internal, "the scheduler's answer cannot be decoded")
    }
  }
}
