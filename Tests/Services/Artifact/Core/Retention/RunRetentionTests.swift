import ArtifactCore
import Domain
import Testing

private let limits = ArtifactLimits()

struct RunRetentionTests {
  @Test func `files are kept for a while after the end of their run`() {
    var run = RunRetention(endedAt: nil, at: .start)
    #expect(run.apply(.ended(at: .start + .seconds(10)), at: .start + .seconds(11)) == [])
    let until = Moment.start + .seconds(10) + limits.keptAfterRun
    #expect(run.deadline == until)
    #expect(run.apply(.timeReached, at: until - .microseconds(1)) == [])
    #expect(run.takesArtifacts)
    #expect(run.apply(.timeReached, at: until) == [.removeArtifacts])
    #expect(!run.takesArtifacts)
    #expect(run.apply(.timeReached, at: run.deadline) == [.removeArtifacts])
    #expect(run.apply(.emptied, at: until) == [.forget])
  }

  @Test func `the end of a run counts once, and later when it was run again`() {
    var run = RunRetention(endedAt: .start, at: .start)
    let once = run
    #expect(run.apply(.ended(at: .start), at: .start) == [])
    #expect(run == once)
    #expect(run.apply(.ended(at: .start + .seconds(5)), at: .start) == [])
    #expect(run.deadline == .start + .seconds(5) + limits.keptAfterRun)
  }

  /// Goal: a run whose end came before its row is not kept for ever.
  @Test func `a run that seems to go on is asked about`() {
    var run = RunRetention(endedAt: nil, at: .start)
    let check = Moment.start + limits.runCheckEvery
    #expect(run.deadline == check)
    #expect(run.apply(.timeReached, at: check) == [.ask])
    #expect(run.apply(.goesOn, at: check) == [])
    #expect(run.deadline == check + limits.runCheckEvery)
    #expect(run.apply(.unknown, at: check) == [])
    #expect(run.deadline == check + limits.keptAfterRun)
  }

  @Test func `every event in every phase is answered`() {
    let phases: [RunRetention.Phase] = [
      .open(check: .start), .ended(at: .start, until: .start), .expired(again: .start),
    ]
    let events: [RunRetention.Event] = [
      .ended(at: .start), .goesOn, .unknown, .timeReached, .emptied,
    ]
    for phase in phases {
      for event in events {
        var run = RunRetention(phase: phase)
        let effects = run.apply(event, at: .start)
        #expect(effects.count <= 1)
        if case .expired = phase { #expect(!run.takesArtifacts) }
        if effects == [.forget] { #expect(!run.takesArtifacts) }
      }
    }
  }
}
