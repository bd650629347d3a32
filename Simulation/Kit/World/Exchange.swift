internal import Domain
public import Synchronization

/// The place where one task waits for one answer from the world.
///
/// The first answer counts. An answer to a dead incarnation is dropped: its tasks never go on.
public final class Reply<Answer: Sendable>: Sendable {
  @usableFromInline enum State {
    case waiting(UnsafeContinuation<Answer, Never>?)
    case early(Answer)
    case answered
  }

  /// Who asked.
  public let caller: Incarnation
  @usableFromInline let waitNumber: Waits.Number
  @usableFromInline let state: Mutex<State>

  @inlinable init(caller: Incarnation, waitNumber: Waits.Number) {
    self.caller = caller
    self.waitNumber = waitNumber
    state = Mutex(.waiting(nil))
  }

  @inlinable public var isAnswered: Bool {
    state.withLock { state in
      switch state {
      case .waiting: false
      case .early, .answered: true
      }
    }
  }

  @inlinable public func send(_ answer: Answer) {
    let waiting: UnsafeContinuation<Answer, Never>? = state.withLock { state in
      switch state {
      case .waiting(nil):
        state = .early(answer)
        return nil
      case .waiting(let continuation):
        state = .answered
        return continuation
      case .early, .answered:
        return nil
      }
    }
    guard let waiting else { return }
    if caller.world.endWait(waitNumber, of: caller) { waiting.resume(returning: answer) }
  }

  @inlinable func arm(_ continuation: UnsafeContinuation<Answer, Never>) {
    let early: Answer? = state.withLock { state in
      switch state {
      case .early(let answer):
        state = .answered
        return answer
      case .waiting, .answered:
        state = .waiting(continuation)
        return nil
      }
    }
    guard let early else { return }
    _ = caller.world.endWait(waitNumber, of: caller)
    continuation.resume(returning: early)
  }
}

extension SimulatedWorld {
  /// Suspends the calling task until the world answers.
  ///
  /// `request` is called at once, within the caller's job; it schedules events that end in
  /// `Reply.send`. The label names what is waited for in messages about deadlocks.
  ///
  /// - Parameter ifCancelled: the answer when the task is cancelled first; nil means that
  ///   cancellation is not noticed. A task that is cancelled already still makes its request.
  @inlinable
  public func exchange<Answer: Sendable>(
    _ label: StaticString, ifCancelled: Answer? = nil, _ request: (Reply<Answer>) -> Void
  ) async -> Answer {
    let (caller, waitNumber) = beginWait(label)
    // A process that was killed by its own job must not act on the world any more.
    guard let waitNumber else { return await withUnsafeContinuation { _ in } }
    let reply = Reply<Answer>(caller: caller, waitNumber: waitNumber)
    guard let ifCancelled else {
      return await withUnsafeContinuation { continuation in
        reply.arm(continuation)
        request(reply)
      }
    }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        reply.arm(continuation)
        request(reply)
      }
    } onCancel: {
      reply.send(ifCancelled)
    }
  }

  /// - Returns: whether the one who waited lives.
  @usableFromInline func endWait(_ number: Waits.Number, of caller: Incarnation) -> Bool {
    state.withLock { state in
      state.waits.end(number)
      return state.queues.mode(of: caller.number) != .dead
    }
  }

  /// Who waits from now on, and the number of the wait; nil for one who is dead.
  @usableFromInline func beginWait(_ label: StaticString) -> (Incarnation, Waits.Number?) {
    var anchor: UInt8 = 0
    let place = withUnsafeMutablePointer(to: &anchor) { UInt(bitPattern: $0) }
    let begun: (Incarnation, Waits.Number?)? = state.withLock { state in
      guard let driving = state.drivingPlace, driving &- place < SimulatedWorld.stackMax,
        let caller = state.running
      else { return nil }
      let isAlive = state.queues.mode(of: caller.number) != .dead
      return (caller, isAlive ? state.waits.begin(caller.number, label) : nil)
    }
    guard let begun else {
      preconditionFailure(
        "\(label) was called by a task outside of its simulated world; call it within "
          + "Simulation.run or a simulated process, and spawn with the injected Spawner")
    }
    return begun
  }
}
