internal import Domain
public import Ports

extension SQLiteBus {
  /// Deletes what the limits say is too much, again and again until the task is cancelled.
  ///
  /// - Parameter telemetry: hears of sweeps that failed; the next one tries again.
  public func runRetention(_ telemetry: any Telemetry) async {
    while !Task.isCancelled {
      do throws(BusError) {
        let deleted = try await sweep()
        if deleted > 0 { telemetry.count("bus_records_deleted", deleted, []) }
      } catch {
        telemetry.log(.warning, "bus.sweep-failed", [("error", "\(error)")])
      }
      try? await time.sleep(for: configuration.sweepEvery)
    }
  }

  /// Deletes records that are too old or too many, whether they were read or not: who comes later
  /// gets `.offsetGone`.
  ///
  /// - Returns: how many offsets are gone.
  @discardableResult
  public func sweep() async throws(BusError) -> Int {
    var deleted = 0
    let instant = time.now() - configuration.retainFor
    for log in directory.all.flatMap(\.logs) {
      do throws(EngineError) {
        deleted += try await sweep(log, olderThan: instant)
      } catch { throw engine.busError(error) }
    }
    return deleted
  }

  private func sweep(
    _ log: PartitionLog, olderThan instant: Moment
  ) async throws(EngineError) -> Int {
    let (earliest, end) = log.bounds()
    guard earliest < end else { return 0 }
    let young = try await engine.read { connection throws(EngineError) in
      try LogTables.firstPosition(log, stampedFrom: instant, on: connection)
    }
    let last = max(young ?? end, end - configuration.retainRecordsMax)
    var first = earliest
    // In small steps: writers of the hot path wait behind each of them.
    while first < last, !Task.isCancelled {
      let next = min(last, first + Int64(configuration.recordsPerWriteMax))
      try await engine.write { connection throws(EngineError) in
        try LogTables.delete(log, below: next, on: connection)
      } whenCommitted: { _ in
        log.forget(below: next)
      }
      first = next
    }
    return Int(first - earliest)
  }
}
