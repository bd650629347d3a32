import Glibc
import SystemAdapter
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SignalSourceTests {
  /// Method: `raise` aims at its own thread, so that only the loop's thread must block signals
  /// here.
  @Test func `a signal is a value, not a death`() async throws {
    let signals = try await onLoop { loop in
      SignalSource.block()
      let source = try SignalSource(on: loop)
      raise(SIGTERM)
      let first = try await source.next()
      let waiting = Task(executorPreference: loop) { try await source.next() }
      await Task.yield()
      raise(SIGINT)
      return [first, try await waiting.value]
    }
    #expect(signals == [.terminate, .interrupt])
  }
}
