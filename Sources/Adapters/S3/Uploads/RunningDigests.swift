internal import Ports
internal import Synchronization

/// The running digests of this process by upload; the ones that were not used for longest go when
/// there are too many.
final class RunningDigests: Sendable {
  private struct State {
    /// The last used ones come last.
    var entries: [(upload: String, digest: RunningDigest)] = []
  }

  private let countMax: Int
  private let memory: EarlyBytes
  private let state = Mutex(State())

  /// - Parameter earlyBytesMax: of parts that came before those in front of them.
  init(countMax: Int, earlyBytesMax: Int) {
    self.countMax = countMax
    memory = EarlyBytes(bytesMax: earlyBytesMax)
  }

  func begin(_ upload: String, _ digest: any Digest) {
    let new = RunningDigest(digest, memory)
    state.withLock { state in
      state.entries.append((upload, new))
      if state.entries.count > countMax { state.entries.removeFirst() }
    }
  }

  func find(_ upload: String) -> RunningDigest? {
    state.withLock { state in
      guard let place = state.entries.firstIndex(where: { $0.upload == upload }) else {
        return nil
      }
      let entry = state.entries.remove(at: place)
      state.entries.append(entry)
      return entry.digest
    }
  }

  func remove(_ upload: String) {
    state.withLock { state in state.entries.removeAll { $0.upload == upload } }
  }
}

/// The memory of all parts that wait for those in front of them.
final class EarlyBytes: Sendable {
  private let bytesMax: Int
  private let taken = Mutex(0)

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// False when there is no room.
  func take(_ count: Int) -> Bool {
    taken.withLock { taken in
      guard taken + count <= bytesMax else { return false }
      taken += count
      return true
    }
  }

  func giveBack(_ count: Int) { taken.withLock { $0 -= count } }
}
