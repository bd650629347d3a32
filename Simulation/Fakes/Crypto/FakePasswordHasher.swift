public import Ports
public import SimulationKit
internal import Synchronization

/// Hashes passwords in virtual time: as long, as many at once and as many waiting as it is told.
public final class FakePasswordHasher: PasswordHasher {
  public let cost: PasswordCost
  private let world: SimulatedWorld
  private let atOnceMax: Int
  private let waitingMax: Int
  private let state: Mutex<State>
  private let digest = FakeDigest()

  private struct State {
    var length: Duration
    var running = 0
    var waiting: [Reply<Bool>] = []
    var computed = 0
  }

  public init(
    _ world: SimulatedWorld, cost: PasswordCost = .standard, length: Duration = .milliseconds(20),
    atOnceMax: Int = 2, waitingMax: Int = 8
  ) {
    self.world = world
    self.cost = cost
    self.atOnceMax = atOnceMax
    self.waitingMax = waitingMax
    state = Mutex(State(length: length))
    world.onClose { [weak self] in self?.state.withLock { $0.waiting = [] } }
  }

  /// How many hashes were computed, to verify or anew.
  public var computed: Int { state.withLock { $0.computed } }

  public func hash(_ password: [UInt8], salt: [UInt8]) async throws(PasswordHasherError) -> String {
    guard password.count <= PasswordLimits.passwordBytesMax,
      PasswordHash.saltBytes.contains(salt.count)
    else { throw .refused("the password or its salt has a wrong length") }
    try await work()
    return PasswordHash(cost: cost, salt: salt, tag: tag(password, salt: salt, cost)).text
  }

  public func verify(
    _ password: [UInt8], against hash: String
  ) async throws(PasswordHasherError) -> PasswordVerdict {
    guard let hash = PasswordHash(text: hash), password.count <= PasswordLimits.passwordBytesMax
    else { throw .refused("the hash is not of our form or costs more than is allowed") }
    try await work()
    guard tag(password, salt: hash.salt, hash.cost) == hash.tag else { return .different }
    return .same(isOutdated: hash.cost != cost)
  }

  private func tag(_ password: [UInt8], salt: [UInt8], _ cost: PasswordCost) -> [UInt8] {
    let numbers = "\(cost.memoryKiB) \(cost.passes) \(cost.lanes) \(salt.count)\n"
    return digest.digest([UInt8](numbers.utf8) + salt + password)
  }

  /// Waits for a place and then for as long as a hash takes.
  private func work() async throws(PasswordHasherError) {
    let isAdmitted: Bool = await world.exchange("password.hash") { reply in admit(reply) }
    guard isAdmitted else { throw .busy }
  }

  private func admit(_ reply: Reply<Bool>) {
    let isTaken: Bool? = state.withLock { state in
      if state.running < atOnceMax {
        state.running += 1
        return true
      }
      guard state.waiting.count < waitingMax else { return nil }
      state.waiting.append(reply)
      return false
    }
    switch isTaken {
    case true?: start(reply)
    case false?: break
    case nil: reply.send(false)
    }
  }

  private func start(_ reply: Reply<Bool>) {
    world.schedule(after: state.withLock { $0.length }) { [weak self] in self?.finish(reply) }
  }

  /// The place goes to whoever waits longest, also when the caller has died meanwhile.
  private func finish(_ reply: Reply<Bool>) {
    let next: Reply<Bool>? = state.withLock { state in
      state.computed += 1
      if state.waiting.isEmpty {
        state.running -= 1
        return nil
      }
      return state.waiting.removeFirst()
    }
    reply.send(true)
    if let next { start(next) }
  }
}
