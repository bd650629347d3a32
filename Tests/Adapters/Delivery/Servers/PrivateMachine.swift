import Glibc
import SystemAdapter

/// A machine inside this one that has every address there is, with a resolver of its own: see
/// scripts/servers/hostile_names.py. What runs on `pool` is there.
final class PrivateMachine: Sendable {
  /// Of one thread, which has left the namespaces of this process.
  let pool: BlockingPool
  let server: ServerProcess

  struct Connection: Decodable {
    /// Where it was made to.
    var to: String
  }

  private init(_ pool: BlockingPool, _ server: ServerProcess) {
    self.pool = pool
    self.server = server
  }

  /// - Throws: when the kernel does not allow it: nothing is skipped silently.
  static func start() async throws -> PrivateMachine {
    let pool = BlockingPool(name: "private", threads: 1, waitingMax: 16)
    let server = try await pool.run {
      Result {
        try leave()
        return try ServerProcess.startHere("hostile_names.py") { log, _ in [log] }
      }
    }.get()
    return PrivateMachine(pool, server)
  }

  /// Gives this thread, and what it starts, mounts and networks of its own.
  private static func leave() throws {
    typealias Unshare = @convention(c) (Int32) -> Int32
    // The module of the C library does not have it.
    guard let symbol = dlsym(nil, "unshare") else {
      throw ServerProcess.Failure(description: "there is no unshare")
    }
    let (newMounts, newNetwork) = (Int32(0x2_0000), Int32(0x4000_0000))
    guard unsafeBitCast(symbol, to: Unshare.self)(newMounts | newNetwork) == 0 else {
      throw ServerProcess.Failure(
        description: "no namespaces of our own (error \(errno)): run the tests as root")
    }
  }

  var port: Int { server.port }

  /// The addresses to which connections were made so far, in order.
  func connections() throws -> [String] { try server.records(Connection.self).map(\.to) }
}
