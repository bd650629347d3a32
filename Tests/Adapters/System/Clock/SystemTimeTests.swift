import SystemAdapter
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SystemTimeTests {
  @Test(arguments: TimeContract.cases)
  func `the system's clocks keep the contract`(_ promise: ContractCase<TimeSubject>) async throws {
    try await onLoop { loop in
      try await promise.check(TimeSubject(SystemTime(on: loop)))
    }
  }
}
