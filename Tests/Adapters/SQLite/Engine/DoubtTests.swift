import Glibc
import Ports
import SQLiteAdapter
import Testing

/// Goal: a COMMIT that fails after it may have reached the disk is `.outcomeUnknown`, and settling
/// says for good what became of it.
/// Method: in a process of its own, a limit on file sizes makes the write of the log fail.
@Suite struct DoubtTests {
  @Test func `a commit that fails on the disk is in doubt until it is settled`() async {
    await #expect(processExitsWith: .success) {
      signal(SIGXFSZ, SIG_IGN)
      let directory = try TemporaryDirectory()
      let (engine, store) = try await makeStore(in: directory.path)
      let first = try await store.commit(.inserting(.plain, .plain(1)))
      try limitFiles(to: 40_000)
      let body = [UInt8](repeating: 3, count: 100_000)
      guard
        await storeFailure({ try await store.commit(.inserting(.plain, .plain(2, body))) })
          == .outcomeUnknown
      else { throw SystemFailure("the write was not in doubt") }
      guard
        case .unavailable = await storeFailure({ try await store.settle("plain", [[.integer(2)]]) })
      else { throw SystemFailure("settled without writing") }
      try limitFiles(to: nil)
      let settled = try await store.settle("plain", [[.integer(1)], [.integer(2)]])
      guard settled == [StoredRow(row: .plain(1), version: first), nil] else {
        throw SystemFailure("settled as \(settled)")
      }
      _ = try await store.commit(.inserting(.plain, .plain(2, body)))
      await engine.close()
    }
  }
}

/// Limits how far this process may write into a file; nil lifts the limit.
private func limitFiles(to bytes: UInt?) throws {
  var limit = rlimit()
  guard getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else {
    throw SystemFailure("getrlimit")
  }
  limit.rlim_cur = bytes ?? limit.rlim_max
  guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else {
    throw SystemFailure("setrlimit")
  }
}
