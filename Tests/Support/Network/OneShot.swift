internal import Synchronization

/// A value that one task hands to others, once.
public final class OneShot<Value: Sendable>: Sendable {
  private struct State {
    var value: Value?
    var waiting: [CheckedContinuation<Value, Never>] = []
  }

  private let state = Mutex(State())

  public init() {}

  /// The first value counts.
  public func send(_ value: Value) {
    let waiting = state.withLock { state in
      if state.value == nil { state.value = value }
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume(returning: value) }
  }

  /// The value as soon as there is one. Does not react to cancellation: use it where the value
  /// surely comes.
  public var value: Value {
    get async {
      await withCheckedContinuation { continuation in
        let value = state.withLock { state -> Value? in
          if state.value == nil { state.waiting.append(continuation) }
          return state.value
        }
        if let value { continuation.resume(returning: value) }
      }
    }
  }

  public var isSent: Bool { state.withLock { $0.value != nil } }
}

extension OneShot where Value == Void {
  public func send() { send(()) }
}
