import Glibc
import Ports
import Synchronization
import SystemAdapter
import TestSupport
import Testing

@testable import S3Adapter

@Suite struct ConnectionTests {
  @Test func `requests one after the other share a connection`() async throws {
    let hostile = try HostileStore([HostileStore.object("abc")])
    for _ in 0..<20 { #expect(try await hostile.get().get().count == 3) }
    #expect(hostile.server.seen.requests == 20)
    #expect(hostile.server.seen.connections == 1)
    await hostile.end()
  }

  /// Method: the server answers nobody before two have asked.
  @Test func `requests at once have connections of their own, as many as are allowed`()
    async throws
  {
    let arrived = Mutex(0)
    let hostile = try HostileStore(
      [
        .reply { _ in
          arrived.withLock { $0 += 1 }
          while arrived.withLock({ $0 }) < 2 { sched_yield() }
          return ScriptedServer.answer("200 OK", "abc", HostileStore.fields("abc"))
        }
      ]) { $0.requestsMax = 2 }
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<12 {
        group.addTask { #expect((try? await hostile.get().get())?.count == 3) }
      }
    }
    #expect(hostile.server.seen.requests == 12)
    #expect(hostile.server.seen.connections == 2)
    await hostile.end()
  }

  @Test func `a connection that ended while nobody used it is made again`() async throws {
    let object = ScriptedServer.answer("200 OK", "abc", HostileStore.fields("abc"))
    let hostile = try HostileStore([.cut(object), .cut(object), HostileStore.object("abc")])
    for count in 1...3 {
      #expect(try await hostile.get().get().count == 3)
      if count < 3 { await hostile.server.until { $0.hangUps == count } }
    }
    #expect(hostile.server.seen.connections == 3)
    await hostile.end()
  }

  @Test func `more requests than may wait are refused`() async throws {
    let hostile = try HostileStore([.hang]) {
      $0.requestsMax = 1
      $0.waitingMax = 1
    }
    await withTaskGroup(of: ObjectError?.self) { group in
      group.addTask { await hostile.getError() }
      await hostile.server.until { $0.requests == 1 }
      for _ in 0..<2 { group.addTask { await hostile.getError() } }
      let first = await group.next()
      guard case .unavailable(let message)?? = first else {
        Issue.record("\(String(describing: first))")
        return group.cancelAll()
      }
      #expect(message.contains("wait for a place"))
      group.cancelAll()
    }
    await hostile.end()
  }

  @Test func `a request that waits too long was never sent`() async throws {
    let hostile = try HostileStore([.hang]) {
      $0.requestsMax = 1
      $0.placeWithin = .milliseconds(1)
    }
    await withTaskGroup(of: ObjectError?.self) { group in
      group.addTask { await hostile.getError() }
      await hostile.server.until { $0.requests == 1 }
      group.addTask { await hostile.put() }
      let first = await group.next()
      #expect(first??.isUnavailable == true, "\(String(describing: first))")
      group.cancelAll()
    }
    #expect(hostile.server.seen.requests == 1)
    await hostile.end()
  }

  @Test func `a cancelled read ends its transfer, and a cancelled write is in doubt`()
    async throws
  {
    let hostile = try HostileStore([.hang]) { $0.answerWithin = .seconds(600) }
    for isWrite in [false, true] {
      let count = isWrite ? 2 : 1
      let error = await withTaskGroup(of: ObjectError?.self) { group in
        group.addTask { isWrite ? await hostile.put() : await hostile.getError() }
        await hostile.server.until { $0.requests == count }
        group.cancelAll()
        return await group.next() ?? nil
      }
      #expect(isWrite ? error == .outcomeUnknown : error?.isUnavailable == true)
      // The server sees the client go.
      await hostile.server.until { $0.hangUps == count }
    }
    await hostile.end()
  }

  @Test func `a call of a cancelled task sends nothing`() async throws {
    let hostile = try HostileStore([.hang])
    let errors = await withTaskGroup(of: ObjectError?.self) { group in
      group.cancelAll()
      group.addTask { await hostile.getError() }
      group.addTask { await hostile.put() }
      return await group.reduce(into: [ObjectError?]()) { $0.append($1) }
    }
    #expect(errors.contains(.outcomeUnknown))
    #expect(errors.contains { $0?.isUnavailable == true })
    #expect(hostile.server.seen.requests == 0)
    await hostile.end()
  }

  @Test func `closing ends what is under way and refuses what comes`() async throws {
    let hostile = try HostileStore([.hang]) { $0.answerWithin = .seconds(600) }
    let errors = await withTaskGroup(of: ObjectError?.self) { group in
      group.addTask { await hostile.getError() }
      group.addTask { await hostile.put() }
      await hostile.server.until { $0.requests == 2 }
      await hostile.store.close()
      return await group.reduce(into: [ObjectError?]()) { $0.append($1) }
    }
    #expect(errors.contains(.outcomeUnknown))
    #expect(errors.contains { $0?.isUnavailable == true })
    #expect(await hostile.getError() == .unavailable("the object store is closed"))
    #expect(await hostile.put()?.isUnavailable == true)
    await hostile.end()
  }
}
