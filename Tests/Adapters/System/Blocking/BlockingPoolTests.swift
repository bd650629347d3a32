import Glibc
import SystemAdapter
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BlockingPoolTests {
  @Test func `calls beyond the queue are refused and the rest all run`() async throws {
    let pool = BlockingPool(name: "pool", threads: 2, waitingMax: 3)
    let outcomes = await withTaskGroup(of: Bool.self) { group in
      let begun = Locked(0)
      let pipe = try? Pipe()
      for _ in 0..<2 {
        group.addTask {
          let result: Void? = try? await pool.run {
            begun.change { $0 += 1 }
            var byte: UInt8 = 0
            var request = pollfd(fd: pipe?.reading ?? -1, events: Int16(POLLIN), revents: 0)
            poll(&request, 1, -1)
            read(pipe?.reading ?? -1, &byte, 1)
          }
          return result != nil
        }
      }
      while begun.value < 2 { await Task.yield() }
      let refused = Locked(0)
      for _ in 0..<10 {
        group.addTask {
          let result: Void? = try? await pool.run {}
          if result == nil { refused.change { $0 += 1 } }
          return result != nil
        }
      }
      while refused.value < 7 { await Task.yield() }
      pipe?.write("xx")
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(outcomes == 5)
    pool.stop()
    await #expect(throws: BlockingPool.Refusal.stopped) { try await pool.run {} }
  }

  /// Goal: a pool that has just been made takes as much as any other, though its threads still
  /// start.
  @Test func `as many calls as there are threads are taken at once`() async throws {
    for _ in 0..<20 {
      let pool = BlockingPool(name: "pool", threads: 8, waitingMax: 0)
      let taken = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<8 {
          group.addTask {
            let result: Void? = try? await pool.run {}
            return result != nil
          }
        }
        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(taken == 8)
      pool.stop()
    }
  }
}
