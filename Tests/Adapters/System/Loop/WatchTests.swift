import Domain
import Glibc
import SystemAdapter
import Testing

@Suite(.timeLimit(.minutes(1)))
struct WatchTests {
  @Test func `a wait ends when the descriptor becomes readable`() async throws {
    let text = try await onLoop { loop in
      let pipe = try Pipe()
      let reader = Task(executorPreference: loop) {
        try await loop.readable(pipe.reading)
        return pipe.read()
      }
      await Task.yield()
      pipe.write("hello")
      return try await reader.value
    }
    #expect(text == "hello")
  }

  @Test func `both sides of one descriptor are waited for independently`() async throws {
    let answer = try await onLoop { loop in
      var ends: [Int32] = [0, 0]
      _ = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends)
      let (near, far) = (ends[0], ends[1])
      defer {
        close(near)
        close(far)
      }
      let reader = Task(executorPreference: loop) { try await loop.readable(near) }
      await Task.yield()
      try await loop.writable(near)
      try await loop.writable(near)
      _ = write(far, "x", 1)
      try await reader.value
      return true
    }
    #expect(answer)
  }

  @Test func `a cancelled wait leaves the descriptor free for the next one`() async throws {
    let outcome = try await onLoop { loop in
      let pipe = try Pipe()
      let first = Task(executorPreference: loop) {
        do throws(LoopError) {
          try await loop.readable(pipe.reading)
          return nil as LoopError?
        } catch {
          return error
        }
      }
      await Task.yield()
      first.cancel()
      let error = await first.value
      pipe.write("x")
      try await loop.readable(pipe.reading)
      return error
    }
    #expect(outcome == .cancelled)
  }

  @Test func `a closed descriptor and a plain file are refused, not waited for`() async throws {
    let errors = try await onLoop { loop in
      let file = open("/proc/self/exe", O_RDONLY)
      defer { close(file) }
      var errors: [LoopError] = []
      for descriptor in [Int32(-1), file] {
        do throws(LoopError) { try await loop.readable(descriptor) } catch { errors.append(error) }
      }
      return errors
    }
    #expect(errors == [.system(EBADF), .system(EPERM)])
  }

  @Test func `a watch cancelled in the same turn is not told`() async throws {
    let told = try await onLoop { loop in
      let (left, right) = (try Pipe(), try Pipe())
      let told = Locked(0)
      let pair = WatchPair()
      // Each cancels the other, so that only the first of the turn may report.
      pair.left = try loop.watch(left.reading, for: .readable) { _ in
        told.change { $0 += 1 }
        pair.right?.cancel()
        pair.left?.cancel()
      }
      pair.right = try loop.watch(right.reading, for: .readable) { _ in
        told.change { $0 += 1 }
        pair.left?.cancel()
        pair.right?.cancel()
      }
      left.write("x")
      right.write("x")
      try await loop.sleep(until: ProcessClock.uptime() + .milliseconds(5))
      return told.value
    }
    #expect(told == 1)
  }

  @Test func `a timer that is moved later fires once, at its last instant`() async throws {
    let (fired, isLate) = try await onLoop { loop in
      let fired = Locked<[Uptime]>([])
      let timer = LoopTimer(on: loop) { _ in fired.change { $0.append(ProcessClock.uptime()) } }
      let last = ProcessClock.uptime() + .milliseconds(6)
      timer.set(to: ProcessClock.uptime() + .milliseconds(1))
      timer.set(to: last)
      try await loop.sleep(until: last + .milliseconds(4))
      let seen = fired.value
      return (seen.count, seen.allSatisfy { $0 >= last })
    }
    #expect(fired == 1)
    #expect(isLate)
  }

  /// Goal: bytes that came in time are not late because the thread was busy.
  @Test func `what has arrived comes before a deadline that passed meanwhile`() async throws {
    let told = try await onLoop { loop in
      let pipe = try Pipe()
      let told = Locked<[String]>([])
      let watch = try loop.watch(pipe.reading, for: .readable, trigger: .edge) { _ in
        told.change { $0.append("bytes") }
      }
      let deadline = ProcessClock.uptime() + .milliseconds(2)
      let timer = LoopTimer(on: loop) { _ in told.change { $0.append("deadline") } }
      timer.set(to: deadline)
      pipe.write("in time")
      while ProcessClock.uptime() <= deadline {}
      while told.value.count < 2 { await Task.yield() }
      watch.cancel()
      return told.value
    }
    #expect(told == ["bytes", "deadline"])
  }
}

private final class WatchPair {
  var left: Watch?
  var right: Watch?
}
