internal import Contracts
internal import Domain
internal import IAMCore
internal import Ports
internal import ServiceKit
internal import Synchronization

/// Keeps the ring of keys turning, and knows the one that signs now.
///
/// Several processes may do so at once: the ring is one row, and whoever is late reads it anew. A
/// process that missed a turn signs with the key before, which stays published long enough.
final class KeyKeeper: Sendable {
  private let ports: IAMPorts
  private let state = Mutex(State())

  private struct State {
    var ring: KeyRing?
    var signing: (id: String, key: SigningKey)?
  }

  init(_ ports: IAMPorts) { self.ports = ports }

  /// The key that signs now, once there is one.
  var current: (id: String, key: SigningKey)? { state.withLock { $0.signing } }

  /// All published keys, as far as this process has read.
  var published: [KeyRing.Key] { state.withLock { $0.ring?.keys ?? [] } }

  /// Until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      do throws(Problem) {
        try await turn(.timeReached)
      } catch {
        ports.context.telemetry.log(.warning, "keys.not-turned", [("error", error.detail)])
      }
      let due = state.withLock { $0.ring?.deadline ?? .start } - ports.now
      let wait = current == nil ? ports.configuration.retryWait : ports.configuration.keysReadEvery
      try? await ports.context.time.sleep(for: min(max(due, ports.configuration.retryWait), wait))
    }
  }

  /// The rows that an event writes, when somebody else commits them.
  func entries(for event: KeyRing.Event) async throws(Problem) -> [RecordBatch.Entry] {
    try await changed(by: event).map { [$0.entry] } ?? []
  }

  /// Applies an event to the ring as it is stored and reads what has become of it.
  func turn(_ event: KeyRing.Event) async throws(Problem) {
    let changed = try await changed(by: event)
    do throws(StoreError) {
      if let changed {
        _ = try await ports.store.commit(RecordBatch(entries: [changed.entry]))
        adopt(changed.ring)
      }
    } catch {
      if error != .conflict { throw Problem(error) }
    }
    try await read()
  }

  func read() async throws(Problem) {
    if let row = try await row() { adopt(row.record.machine(ports.configuration.keys)) }
  }

  private func row() async throws(Problem) -> Versioned<KeyRingRecord>? {
    try await Shelf(ports: ports).get(IAMTables.rings, .text(KeyRingRecord.key))
  }

  private func changed(
    by event: KeyRing.Event
  ) async throws(Problem) -> (entry: RecordBatch.Entry, ring: KeyRing)? {
    let row = try await row()
    var record = row?.record ?? KeyRingRecord(ring: KeyRingRecord.key)
    var ring = record.machine(ports.configuration.keys)
    let before = ring
    for effect in ring.apply(event, at: ports.now) where effect == .make {
      guard let key = newKey() else { continue }
      _ = ring.apply(.made(key), at: ports.now)
    }
    // A ring whose current key came from another master secret cannot sign: it turns at once.
    if let current = ring.current, signingKey(of: current) == nil, ring == before,
      let key = newKey()
    {
      _ = ring.apply(.made(key), at: ports.now)
    }
    guard ring != before else { return nil }
    record.take(ring)
    let entry =
      row.map { IAMTables.rings.update(record, over: $0.version) }
      ?? IAMTables.rings.insert(record)
    return (entry, ring)
  }

  private func adopt(_ ring: KeyRing) {
    let signing = ring.current.flatMap { current in
      signingKey(of: current).map { (current.id.text, $0) }
    }
    state.withLock { state in
      state.ring = ring
      state.signing = signing
    }
  }

  /// The secret half; nil when it was derived from another master secret.
  private func signingKey(of key: KeyRing.Key) -> SigningKey? {
    guard let algorithm = SignatureAlgorithm(rawValue: key.algorithm),
      let pair = ports.signer.key(algorithm, seed: ports.vault.seed(ofKey: key.id)),
      pair.verifyingKey.bytes == key.publicKey
    else { return nil }
    return pair
  }

  private func newKey() -> KeyRing.Key? {
    let id = ports.context.newID(KeyID.self)
    let pair = ports.signer.key(.edDSA, seed: ports.vault.seed(ofKey: id))
    return pair.map { pair in
      KeyRing.Key(
        id: id, algorithm: pair.verifyingKey.algorithm.rawValue,
        publicKey: pair.verifyingKey.bytes)
    }
  }
}
