internal import CLinux
internal import Domain
internal import Ports
public import SystemAdapter

/// Turns host names into addresses. The system's look-up blocks, so it runs on a pool.
public struct AddressResolver: Sendable {
  private let loop: EventLoop
  private let pool: BlockingPool

  private static let addressesMax = 16

  public init(on loop: EventLoop, pool: BlockingPool) {
    self.loop = loop
    self.pool = pool
  }

  /// - Throws: `.unreachable` when there is no such name, or no answer until `deadline`. The
  ///   system's look-up cannot be stopped: it then goes on and its answer is dropped.
  func resolve(
    _ host: String, port: Int, until deadline: Uptime
  ) async throws(HTTPError) -> [SocketAddress] {
    if let address = SocketAddress(host: host, port: port) { return [address] }
    let race = Race<Result<[SocketAddress], HTTPError>>()
    let looking = Task(executorPreference: loop) { [pool] in
      race.finish(await AddressResolver.look(up: host, port: port, on: pool))
    }
    let waiting = Task(executorPreference: loop) { [loop] in
      guard (try? await loop.sleep(until: deadline)) != nil else { return }
      race.finish(.failure(.unreachable("looking up \(host) took too long")))
    }
    let answer = await withTaskCancellationHandler {
      await race.winner
    } onCancel: {
      race.finish(.failure(.unreachable("looking up \(host) was cancelled")))
    }
    looking.cancel()
    waiting.cancel()
    return try answer.get()
  }

  private static func look(
    up host: String, port: Int, on pool: BlockingPool
  ) async -> Result<[SocketAddress], HTTPError> {
    guard let port = UInt16(exactly: port) else { return .failure(.unreachable("no such port")) }
    do {
      return try await pool.run {
        var found = [millrace_address](repeating: millrace_address(), count: addressesMax)
        let count = millrace_resolve(host, port, &found, Int32(addressesMax))
        guard count > 0 else {
          let reason = count < 0 ? String(cString: millrace_resolve_error(count)) : "no address"
          return .failure(.unreachable("looking up \(host): \(reason)"))
        }
        return .success(found.prefix(Int(count)).map(SocketAddress.init))
      }
    } catch {
      return .failure(.unreachable("too many names are being looked up"))
    }
  }
}
