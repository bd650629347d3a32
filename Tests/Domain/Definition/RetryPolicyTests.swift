import Domain
import Testing

@Suite struct RetryPolicyTests {
  private static let policy = RetryPolicy(
    attemptsMax: 3,
    rules: [
      .init(.exit([75]), attemptsMax: 10), .init(.exit([64, 65]), attemptsMax: 1),
      .init(.timedOut, attemptsMax: 2), .init(.exit([75]), attemptsMax: 9),
    ])

  @Test(arguments: [
    (RetryPolicy.Cause.failed(exitCode: 75), 10), (.failed(exitCode: 65), 1),
    (.failed(exitCode: 1), 3), (.failed(exitCode: nil), 3), (.timedOut, 2),
    (.lost, RetryPolicy.lostAttemptsMax),
  ])
  func `the first rule that matches decides`(cause: RetryPolicy.Cause, attemptsMax: Int) {
    #expect(RetryPolicyTests.policy.attemptsMax(for: cause) == attemptsMax)
  }

  @Test func `a rule for failed catches every exit, one for lost the lost`() {
    let policy = RetryPolicy(
      rules: [.init(.failed, attemptsMax: 5), .init(.lost, attemptsMax: 1)])
    #expect(policy.attemptsMax(for: .failed(exitCode: 9)) == 5)
    #expect(policy.attemptsMax(for: .failed(exitCode: nil)) == 5)
    #expect(policy.attemptsMax(for: .lost) == 1)
    #expect(policy.attemptsMax(for: .timedOut) == 1)
  }

  @Test func `the wait grows by its factor up to its cap`() {
    let backoff = Backoff(initial: .seconds(1), cap: .seconds(60), jitter: .none)
    let waits = (1...8).map { backoff.wait(after: $0, key: "k") }
    #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60].map { .seconds($0) })

    let slow = Backoff(
      initial: .seconds(10), factor: Decimal(scaled: 1_500_000_000), cap: .seconds(30),
      jitter: .none)
    #expect(
      (1...4).map { slow.wait(after: $0, key: "") } == [
        .seconds(10), .seconds(15), .milliseconds(22_500), .seconds(30),
      ])
  }

  @Test func `even the shortest wait grows`() {
    let backoff = Backoff(
      initial: .microseconds(1), factor: Decimal(scaled: 1_500_000_000), jitter: .none)
    #expect(
      (1...5).map { backoff.wait(after: $0, key: "") } == [1, 2, 3, 5, 8].map { .microseconds($0) })
  }

  @Test(arguments: [
    Backoff(initial: .zero), Backoff(initial: .seconds(-1)), Backoff(cap: .zero),
    Backoff(cap: .seconds(-5)), Backoff(factor: Decimal(scaled: 0)),
    Backoff(factor: Decimal(scaled: .min)), Backoff(factor: Decimal(scaled: .max)),
    Backoff(initial: .seconds(Int64.max), cap: .seconds(Int64.max)),
    Backoff(initial: .seconds(Int64.max), cap: .seconds(Int64.max), jitter: .none),
  ])
  func `no numbers break it, and it stays within its bounds`(backoff: Backoff) {
    for failures in [Int.min, -1, 0, 1, 2, 20, 1_000, .max] {
      let wait = backoff.wait(after: failures, key: "run_1/task/1")
      #expect(wait >= .zero)
      #expect(wait <= max(backoff.cap, .zero))
    }
  }

  @Test func `jitter is stable for a key and a count, and spread over the whole wait`() {
    let backoff = Backoff(initial: .seconds(8), cap: .seconds(8))
    #expect(backoff.wait(after: 3, key: "run_1") == backoff.wait(after: 3, key: "run_1"))
    // Computed apart, in Python: the hash modulo 8,000,001.
    #expect(backoff.wait(after: 3, key: "run_1") == .microseconds(4_097_808))
    var quarters = [0, 0, 0, 0]
    for number in 0..<4_000 {
      let wait = backoff.wait(after: 1, key: "run_\(number)").wholeMicroseconds
      quarters[min(Int(wait / 2_000_000), 3)] += 1
    }
    #expect(quarters.allSatisfy { (900...1_100).contains($0) })
  }
}
