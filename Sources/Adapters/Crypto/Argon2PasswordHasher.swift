public import Ports
internal import SystemAdapter

/// Limits of password hashing in one process. Memory in use is at most `threads` times the cost.
public struct PasswordHashing: Sendable {
  public var cost = PasswordCost.standard
  /// Hashes computed at once; at most as many as there are cores.
  public var threads = 2
  /// Hashes that wait for a thread; more are told that it is busy.
  public var waitingMax = 64

  public init() {}
}

/// argon2id on threads of its own.
public final class Argon2PasswordHasher: PasswordHasher {
  public let cost: PasswordCost
  private let pool: BlockingPool

  public init(_ limits: PasswordHashing = PasswordHashing()) {
    precondition(limits.cost.isAllowed, "a hasher makes no hashes that it would not verify")
    cost = limits.cost
    pool = BlockingPool(
      name: "passwords", threads: limits.threads, waitingMax: limits.waitingMax)
  }

  /// Ends the waiting and the running hashes and joins the threads.
  public func stop() { pool.stop() }

  public func hash(_ password: [UInt8], salt: [UInt8]) async throws(PasswordHasherError) -> String {
    guard password.count <= PasswordLimits.passwordBytesMax,
      PasswordHash.saltBytes.contains(salt.count)
    else { throw .refused("the password or its salt has a wrong length") }
    let tag = try await tag(password, salt, cost, length: PasswordHash.tagBytesNew)
    return PasswordHash(cost: cost, salt: salt, tag: tag).text
  }

  public func verify(
    _ password: [UInt8], against hash: String
  ) async throws(PasswordHasherError) -> PasswordVerdict {
    guard let hash = PasswordHash(text: hash), password.count <= PasswordLimits.passwordBytesMax
    else { throw .refused("the hash is not of our form or costs more than is allowed") }
    let tag = try await tag(password, hash.salt, hash.cost, length: hash.tag.count)
    guard ConstantTime.isEqual(tag, hash.tag) else { return .different }
    return .same(isOutdated: hash.cost != cost)
  }

  private func tag(
    _ password: [UInt8], _ salt: [UInt8], _ cost: PasswordCost, length: Int
  ) async throws(PasswordHasherError) -> [UInt8] {
    let tag: [UInt8]?
    do throws(BlockingPool.Refusal) {
      tag = try await pool.run {
        Argon2.tag(Argon2.Input(password: password, salt: salt), cost, length: length)
      }
    } catch {
      throw .busy
    }
    // Out of memory: others may give it back.
    guard let tag else { throw .busy }
    return tag
  }
}
