internal import Contracts
internal import SimulationOracles
internal import Synchronization

/// When runs start and end, by the clock of the world.
final class RunTimes: Sendable {
  private struct State {
    var started: [(run: String, at: Duration)] = []
    var ended: [(run: String, outcome: String, at: Duration)] = []
  }

  private let state = Mutex(State())

  func see(_ fact: Fact, at moment: Duration) {
    guard case .committed(let commit) = fact else { return }
    for case .run(let change) in commit.changes {
      guard let run = change.after else { continue }
      state.withLock { state in
        if change.before == nil { state.started.append((run.run, moment)) }
        if run.phase == "ended", change.before?.phase != "ended" {
          state.ended.append((run.run, run.outcome, moment))
        }
      }
    }
  }

  /// Outcomes and lengths of the runs that have ended.
  var ends: [(outcome: String, length: Duration)] {
    state.withLock { state in
      state.ended.map { end in
        let start = state.started.first { $0.run == end.run }?.at ?? end.at
        return (end.outcome, end.at - start)
      }
    }
  }
}
