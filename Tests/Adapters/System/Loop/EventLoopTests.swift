import Domain
import Glibc
import SystemAdapter
import Testing

/// An actor that lives on a loop.
private actor Resident {
  private let loop: EventLoop
  private(set) var count = 0

  init(on loop: EventLoop) { self.loop = loop }

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  func increase() {
    loop.checkIsolated()
    count += 1
  }
}

/// A default actor, without an executor of its own.
private actor Guest {
  func isOn(_ loop: EventLoop) -> Bool { loop.isCurrent }
}

@Suite(.timeLimit(.minutes(5)))
struct EventLoopTests {
  @Test func `a task and the default actors it calls run on the loop`() async throws {
    let places = try await onLoop { loop in
      [loop.isCurrent, await Guest().isOn(loop), loop.isCurrent]
    }
    #expect(places == [true, true, true])
  }

  @Test func `an actor on the loop is isolated there and may be assumed so by callbacks`()
    async throws
  {
    let count = try await onLoop { loop in
      let resident = Resident(on: loop)
      await resident.increase()
      await withCheckedContinuation { continuation in
        loop.post {
          resident.assumeIsolated { $0.increase() }
          continuation.resume()
        }
      }
      return await resident.count
    }
    #expect(count == 2)
  }

  @Test func `an actor on the loop is never entered twice by callers on many threads`() async throws
  {
    let loop = try EventLoop(name: "shared")
    loop.start()
    let resident = Resident(on: loop)
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask { for _ in 0..<2_000 { await resident.increase() } }
      }
    }
    #expect(await resident.count == 16_000)
    await BlockingPool.ending { loop.stop() }
  }

  @Test func `sleeps end in the order of their instants and never early`() async throws {
    let order = try await onLoop { loop in
      let time = SystemTime(on: loop)
      let start = time.uptime()
      return await withTaskGroup(of: (Int, Bool).self) { group in
        for milliseconds in [9, 1, 5, 3, 7] {
          group.addTask {
            let instant = start + .milliseconds(milliseconds)
            try? await time.sleep(until: instant)
            return (milliseconds, time.uptime() >= instant)
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
    }
    #expect(order.map(\.0) == [1, 3, 5, 7, 9])
    #expect(order.map(\.1) == [true, true, true, true, true])
  }

  @Test(arguments: [true, false])
  func `a cancelled sleep ends at once, from any thread`(isOnLoop: Bool) async throws {
    let loop = try EventLoop(name: "sleeper")
    loop.start()
    let sleeping = Task(executorPreference: loop) {
      do throws(CancellationError) {
        try await loop.sleep(until: .distantFuture)
        return false
      } catch {
        return true
      }
    }
    if isOnLoop { loop.post { sleeping.cancel() } } else { sleeping.cancel() }
    #expect(await sleeping.value)
    await BlockingPool.ending { loop.stop() }
  }

  @Test func `stopping ends sleeps and descriptor waits`() async throws {
    let loop = try EventLoop(name: "stopping")
    loop.start()
    let pipe = try Pipe()
    let begun = Locked(0)
    let sleeping = Task(executorPreference: loop) {
      begun.change { $0 += 1 }
      return (try? await loop.sleep(until: .distantFuture)) == nil
    }
    let waiting = Task(executorPreference: loop) {
      begun.change { $0 += 1 }
      return (try? await loop.readable(pipe.reading)) == nil
    }
    while begun.value < 2 { await Task.yield() }
    await BlockingPool.ending { loop.stop() }
    #expect(await sleeping.value)
    #expect(await waiting.value)
  }

  @Test func `a task that never rests does not hold up descriptors and timers`() async throws {
    let spins = try await onLoop { loop in
      let pipe = try Pipe()
      let spinner = Task(executorPreference: loop) {
        var spins = 0
        while !Task.isCancelled {
          await Task.yield()
          spins += 1
        }
        return spins
      }
      try await loop.sleep(until: ProcessClock.uptime() + .milliseconds(2))
      pipe.write("x")
      try await loop.readable(pipe.reading)
      spinner.cancel()
      return await spinner.value
    }
    #expect(spins > 0)
  }

  @Test func `work from many threads runs in the order of each thread`() async throws {
    let loop = try EventLoop(name: "posts")
    loop.start()
    let seen = Locked<[[Int]]>(Array(repeating: [], count: 4))
    await withTaskGroup { group in
      for producer in 0..<4 {
        group.addTask {
          for number in 0..<5_000 { loop.post { seen.change { $0[producer].append(number) } } }
        }
      }
    }
    await BlockingPool.ending { loop.complete {} }
    await BlockingPool.ending { loop.stop() }
    #expect(seen.value == Array(repeating: Array(0..<5_000), count: 4))
  }
}
