import Domain
import HTTPAdapter
import Ports
import SystemAdapter
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct LocalNetworkTests {
  @Test(arguments: NetworkContract.cases)
  func `sockets and calls in one process keep the contract`(
    _ promise: ContractCase<NetworkSubject>
  ) async throws {
    try await withLoop { loop in
      let pool = BlockingPool(name: "names", threads: 1, waitingMax: 8)
      defer { pool.stop() }
      let time = SystemTime(on: loop)
      let network = LocalNetwork(
        on: loop, time: time, pool: pool, telemetry: StandardErrorTelemetry(level: .error))
      try await promise.check(
        NetworkSubject(
          network: network, time: time, spawner: SystemSpawner(on: loop), address: "127.0.0.1:0"))
    }
  }
}
