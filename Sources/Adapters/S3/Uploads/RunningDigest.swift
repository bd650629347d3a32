internal import Ports
internal import Synchronization

/// The digest of an upload whose parts come in order through this process. Used by one call at a
/// time: whoever has taken it out of `RunningDigests`.
final class RunningDigest: @unchecked Sendable {
  private let stream: any DigestStream
  private var finished: [UInt8]?
  private(set) var parts: [PlannedPart] = []
  /// The part whose bytes are in the digest although it may not have arrived.
  private var ahead: [UInt8]?

  init(_ digest: any Digest) { stream = digest.begin() }

  var next: Int { parts.count + 1 }

  /// Adds the bytes of the next part; false when other bytes were added as that part before.
  func add(_ bytes: [UInt8], digest sum: [UInt8]) -> Bool {
    if let ahead { return ahead == sum }
    guard finished == nil else { return false }
    stream.update(bytes)
    ahead = sum
    return true
  }

  /// Adds bytes that are no part.
  func update(_ bytes: [UInt8]) { stream.update(bytes) }

  func arrived(_ part: PlannedPart) {
    ahead = nil
    parts.append(part)
  }

  /// The digest of the parts; nil when these are not the ones.
  func finish(_ planned: [PlannedPart]) -> [UInt8]? {
    let isSame =
      ahead == nil && planned.count == parts.count
      && zip(planned, parts).allSatisfy {
        $0.number == $1.number && $0.size == $1.size && $0.place == $1.place && $0.tag == $1.tag
      }
    guard isSame else { return nil }
    let sum = finished ?? stream.finish()
    finished = sum
    return sum
  }
}

/// The running digests of this process by upload; the ones that were not used for longest go when
/// there are too many. What is missing here is read back from the store.
final class RunningDigests: Sendable {
  private struct State {
    /// The last used ones come last.
    var entries: [(upload: String, digest: RunningDigest)] = []
  }

  private let countMax: Int
  private let state = Mutex(State())

  init(countMax: Int) { self.countMax = countMax }

  func put(_ upload: String, _ digest: RunningDigest) {
    state.withLock { state in
      state.entries.append((upload, digest))
      if state.entries.count > countMax { state.entries.removeFirst() }
    }
  }

  /// Takes it out: nobody else uses it until it is put back.
  func take(_ upload: String) -> RunningDigest? {
    state.withLock { state in
      guard let place = state.entries.firstIndex(where: { $0.upload == upload }) else {
        return nil
      }
      return state.entries.remove(at: place).digest
    }
  }
}
