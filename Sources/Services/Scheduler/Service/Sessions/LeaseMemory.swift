internal import Domain
internal import Ports
internal import Synchronization

/// The versions of leases that were written by this process, so that they need not be read before
/// they are deleted. What is not remembered is read.
final class LeaseMemory: Sendable {
  private let versions = Mutex(LookupMap<AttemptID, CommitID>())
  private let countMax: Int

  init(countMax: Int = 100_000) { self.countMax = countMax }

  func wrote(_ attempts: some Sequence<AttemptID>, as version: CommitID) {
    versions.withLock { versions in
      // Those of others that were acknowledged elsewhere stay: they go all at once now and then.
      if versions.count >= countMax { versions.removeAll() }
      for attempt in attempts { versions[attempt] = version }
    }
  }

  /// The versions, which are forgotten with it.
  func take(_ attempts: [AttemptID]) -> [CommitID?] {
    versions.withLock { versions in attempts.map { versions.removeValue(for: $0) } }
  }
}
