internal import Domain
public import Ports

/// What the cases of `TimeContract` need.
public struct TimeSubject: Sendable {
  public var time: any Time

  public init(_ time: any Time) {
    self.time = time
  }
}

/// The contract of `Time`, for virtual and system clocks alike. Real waits sum up to well below a
/// second; cases that would wait long rely on being woken.
public enum TimeContract {
  public static let cases: [ContractCase<TimeSubject>] = [
    ContractCase("uptime never goes back") { subject in
      var last = subject.time.uptime()
      for _ in 0..<1_000 {
        let next = subject.time.uptime()
        try expect(next >= last, "uptime went from \(last) back to \(next)")
        last = next
      }
    },
    ContractCase("uptime begins when the process does") { subject in
      let uptime = subject.time.uptime()
      try expect(uptime >= .start, "uptime \(uptime) is negative")
    },
    ContractCase("wall time is a plausible date") { subject in
      // 2024-01-01T00:00:00Z
      let earliest = Moment(microseconds: 1_704_067_200_000_000)
      let now = subject.time.now()
      try expect(now > earliest, "the wall clock says \(now)")
    },
    ContractCase("a sleep is never early") { subject in
      for length in [1, 250, 1_000, 4_321, 20_000] {
        let instant = subject.time.uptime() + .microseconds(length)
        try await subject.time.sleep(until: instant)
        let woken = subject.time.uptime()
        try expect(woken >= instant, "slept until \(woken) instead of \(instant)")
      }
    },
    ContractCase("both clocks move on while a task sleeps") { subject in
      let (wall, uptime) = (subject.time.now(), subject.time.uptime())
      try await subject.time.sleep(for: .milliseconds(20))
      let passed = subject.time.uptime() - uptime
      try expect(passed >= .milliseconds(20), "only \(passed) of uptime passed")
      let walled = subject.time.now() - wall
      try expect(walled > .zero, "\(walled) of wall time passed")
    },
    ContractCase("an instant that has passed is not waited for") { subject in
      try await subject.time.sleep(until: .start)
      try await subject.time.sleep(for: .zero)
      try await subject.time.sleep(for: .seconds(-5))
      try await subject.time.sleep(until: Uptime(microseconds: .min))
    },
    ContractCase("a cancelled sleep ends at once") { subject in
      try await expectCancelled(subject.time, until: subject.time.uptime() + .seconds(3_600))
    },
    ContractCase("a sleep without end can be cancelled") { subject in
      try await expectCancelled(subject.time, until: .distantFuture)
    },
    ContractCase("a task that is cancelled already does not sleep") { subject in
      let time = subject.time
      let isRefused = await withTaskGroup(of: Bool.self) { group in
        group.addTask {
          do {
            while !Task.isCancelled { await Task.yield() }
            try await time.sleep(for: .seconds(3_600))
            return false
          } catch {
            return true
          }
        }
        group.cancelAll()
        return await group.next() ?? false
      }
      try expect(isRefused, "the sleep of a cancelled task ended without an error")
    },
    ContractCase("many sleepers all wake, none early") { subject in
      let time = subject.time
      let start = time.uptime()
      let isEarly = await withTaskGroup(of: Bool.self) { group in
        for number in 0..<200 {
          group.addTask {
            let instant = start + .microseconds(Int64(number % 40) * 500)
            do {
              try await time.sleep(until: instant)
            } catch {
              return true
            }
            return time.uptime() < instant
          }
        }
        return await group.contains(true)
      }
      try expect(!isEarly, "a sleeper woke early")
    },
  ]

  /// Sleeps in a child task, cancels it once it has had time to fall asleep, and expects the error.
  private static func expectCancelled(
    _ time: any Time, until instant: Uptime
  ) async throws(ContractViolation) {
    let before = time.uptime()
    let isRefused = await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        do {
          try await time.sleep(until: instant)
          return false
        } catch {
          return true
        }
      }
      try? await time.sleep(for: .milliseconds(5))
      group.cancelAll()
      return await group.next() ?? false
    }
    try expect(isRefused, "a cancelled sleep ended without an error")
    let passed = time.uptime() - before
    try expect(passed < .seconds(600), "a cancelled sleep went on for \(passed)")
  }
}
