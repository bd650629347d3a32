internal import Domain
internal import Ports
internal import ServiceKit

extension WorkflowPorts {
  /// Reads, decides and commits, and does so again when somebody else changed something in between.
  /// Deciding has no side effect.
  ///
  /// - Parameter attempt: nil asks for another round.
  @discardableResult
  func untilCommitted<Answer>(
    _ attempt: () async throws(Problem) -> Answer?
  ) async throws(Problem) -> Answer {
    for _ in 0..<configuration.conflictsMax {
      if let answer = try await attempt() { return answer }
    }
    throw Problem.unavailable("others keep changing the same thing")
  }

  /// False when something that the batch relies on has changed.
  func commits(_ batch: RecordBatch) async throws(Problem) -> Bool {
    do throws(StoreError) {
      _ = try await store.commit(batch)
      return true
    } catch {
      if error == .conflict { return false }
      throw Problem(error)
    }
  }

  /// One record, or nil.
  func record<Record>(
    _ table: Table<Record>, _ key: [RecordValue]
  ) async throws(Problem) -> Versioned<Record>? {
    do throws(StoreError) {
      return try await store.get(table, key: key)
    } catch {
      throw Problem(error)
    }
  }
}
