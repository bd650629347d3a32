internal import Domain
internal import Ports
internal import ServiceKit

/// Removes runs from history whose time is over, with their tasks and logs, in small batches. The
/// artifact service removes their files by the same rules.
///
/// Several processes may sweep at once; none minds what another one has removed.
struct HistorySweeper: Sendable {
  let ports: MetadataPorts

  /// Runs until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      try? await ports.context.time.sleep(for: ports.configuration.sweepEvery)
      guard !Task.isCancelled else { return }
      do throws(ArchiveError) {
        try await sweep()
      } catch {
        ports.context.telemetry.log(.warning, "history.not-swept", [("error", "\(error)")])
      }
    }
  }

  func sweep() async throws(ArchiveError) {
    let now = ports.context.time.now()
    var last: NamespaceName?
    while !Task.isCancelled {
      let namespaces = try await ports.archive.namespaces(
        after: last, limit: ports.configuration.namespacesPerPageMax)
      for namespace in namespaces {
        try await sweep(
          namespace, endedBefore: now - ports.configuration.retention.length(for: namespace))
      }
      guard let next = namespaces.last else { return }
      last = next
    }
  }

  private func sweep(
    _ namespace: NamespaceName, endedBefore moment: Moment
  ) async throws(ArchiveError) {
    let limit = ports.configuration.jobsRemovedAtOnceMax
    var total = 0
    while !Task.isCancelled {
      let removed = try await ports.archive.removeJobs(
        of: namespace, endedBefore: moment, limit: limit)
      total += removed
      guard removed == limit else { break }
    }
    guard total > 0 else { return }
    ports.context.telemetry.log(
      .info, "history.removed", [("namespace", namespace.text), ("runs", "\(total)")])
  }
}
