import Domain
import NotificationCore
import Testing

struct SubscriptionHealthTests {
  typealias Health = SubscriptionHealth

  @Test func `failures in a row pause it, one success in between does not`() {
    var health = Health()
    for _ in 0..<4 { #expect(health.apply(.notTaken, failuresMax: 5, at: .at(1)) == []) }
    #expect(health.apply(.taken, failuresMax: 5, at: .at(2)) == [])
    for _ in 0..<4 { #expect(health.apply(.notTaken, failuresMax: 5, at: .at(3)) == []) }
    #expect(health.phase == .active)
    #expect(health.apply(.notTaken, failuresMax: 5, at: .at(4)) == [.warn(.failures)])
    #expect(health.phase == .paused(.failures, since: .at(4)))
    #expect(health.takesMessages)
    #expect(health.apply(.resumeAsked, failuresMax: 5, at: .at(5)) == [])
    #expect(health == Health())
  }

  /// Every event in every phase.
  @Test func `each pair does what the table says`() {
    let phases: [Health.Phase] = [
      .active, .paused(.asked, since: .at(1)), .paused(.failures, since: .at(1)),
      .disabled(since: .at(1)),
    ]
    let table: [(Health.Event, [Health.Phase])] = [
      (.taken, phases), (.notTaken, phases),
      (.gone, [Health.Phase](repeating: .disabled(since: .at(9)), count: 3) + [phases[3]]),
      (.pauseAsked, [.paused(.asked, since: .at(9)), phases[1], phases[1], phases[3]]),
      (.resumeAsked, [Health.Phase](repeating: .active, count: 4)),
    ]
    for (event, results) in table {
      for (phase, result) in zip(phases, results) {
        var health = Health(phase: phase, failuresInRow: 2)
        _ = health.apply(event, failuresMax: 100, at: .at(9))
        #expect(health.phase == result, "\(event) in \(phase)")
      }
    }
  }
}
