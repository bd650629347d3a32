internal import CKafka
internal import Ports
internal import Synchronization
internal import SystemAdapter

/// The records of one call of `publish` that are on their way.
final class Publication: Sendable {
  private struct State {
    var pending: Int
    var delivered = 0
    var isDoubtful = false
    var failure: BusError?
  }

  private let state: Mutex<State>
  let answer = PendingAnswer<BusError?>()

  init(count: Int) {
    state = Mutex(State(pending: count))
  }

  /// - Parameter isSure: whether the record was surely not appended, when it failed.
  func ended(_ failure: BusError?, isSure: Bool = true) {
    let done: State? = state.withLock { state in
      state.pending -= 1
      if let failure {
        state.failure = state.failure ?? failure
        if !isSure { state.isDoubtful = true }
      } else {
        state.delivered += 1
      }
      return state.pending == 0 ? state : nil
    }
    guard let done else { return }
    guard let failure = done.failure else { return answer.end(nil) }
    // Some are there: nobody may think that none is.
    answer.end(done.isDoubtful || done.delivered > 0 ? .outcomeUnknown : failure)
  }
}
