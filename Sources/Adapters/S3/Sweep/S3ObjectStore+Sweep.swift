internal import Domain
public import Ports

/// What interrupted writes leave behind.
extension S3ObjectStore {
  /// Removes what is older than `abandonedAfter`: uploads, whether they were completed or not, and
  /// contents that no object points to. For a task that runs now and then, in one process or more.
  ///
  /// Goes page by page, in bounded memory; contents that came in parts cost one request each. A
  /// sweep that fails has removed some, and the next one goes on.
  ///
  /// - Returns: how many things were removed.
  @discardableResult
  public func sweep() async throws(ObjectError) -> Int {
    let moment = client.time.now() - configuration.abandonedAfter
    do throws(S3Failure) {
      let sweep = Sweep(client: client, names: names, before: moment)
      return try await sweep.run()
    } catch {
      throw ObjectError(reading: error)
    }
  }

  /// Sweeps now and then until the task is cancelled.
  public func runSweeping(
    every pause: Duration = .seconds(3_600), _ telemetry: any Telemetry
  ) async {
    while !Task.isCancelled {
      do throws(ObjectError) {
        try await sweep()
      } catch {
        telemetry.log(.warning, "objects.not-swept", [("error", "\(error)")])
      }
      try? await client.time.sleep(for: pause)
    }
  }
}
