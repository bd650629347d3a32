internal import Domain
internal import SystemAdapter

/// What tasks wait for: something new at a place.
enum Channel: Hashable, Sendable {
  case outbox(shard: String)
  case log(topic: Int64, partition: Int)
  /// A member of a consumer group gained, lost or left something.
  case membership(UInt64)
}

/// Tasks that wait for news or for a length of time, whichever comes first.
///
/// The time-outs have a thread of their own: a sleeping child task beside each waiter would cost
/// two task switches on the way of every message.
final class WaitingRoom: Sendable {
  private struct Waiter {
    let channels: [Channel]
    let deadline: Int64
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var waiters: [UInt64: Waiter] = [:]
    var waiting: [Channel: [UInt64]] = [:]
    var nextID: UInt64 = 0
    /// When the thread looks again; never later than the earliest deadline.
    var alarm: Int64 = .max
    var isClosed = false
  }

  private let monitor = Monitor(State())

  init() throws(OwnThread.Refused) {
    let monitor = monitor
    try OwnThread("sqlite-wait") { WaitingRoom.watch(monitor) }.detach()
  }

  /// Waits until one of the channels is woken, but not longer than `length`; returns at once when
  /// `isReady`, when the room is closed, or when the task is cancelled.
  ///
  /// - Parameter isReady: asked under the lock of the room, so that no news between the caller's
  ///   last look and its waiting is missed. Must be short and must not touch the room.
  func wait(
    on channels: [Channel], for length: Duration, isReady: @Sendable () -> Bool
  ) async {
    let deadline = monotonicMicroseconds().addingSaturated(length.wholeMicroseconds)
    let id = monitor.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let waiter = Waiter(channels: channels, deadline: deadline, continuation: continuation)
        if !enter(waiter, as: id, isReady: isReady) { continuation.resume() }
      }
    } onCancel: {
      monitor.withLock { WaitingRoom.take(id, from: &$0) }?.continuation.resume()
    }
  }

  /// Wakes everyone who waits on one of the channels.
  func wake(_ channels: some Sequence<Channel>) {
    let woken = monitor.withLock { state -> [Waiter] in
      if state.waiters.isEmpty { return [] }
      var woken: [Waiter] = []
      for channel in channels {
        for id in state.waiting[channel] ?? [] {
          if let waiter = WaitingRoom.take(id, from: &state) { woken.append(waiter) }
        }
      }
      return woken
    }
    for waiter in woken { waiter.continuation.resume() }
  }

  /// Lets everyone go and nobody in.
  func close() {
    let left = monitor.withLock { state -> [Waiter] in
      state.isClosed = true
      let left = [Waiter](state.waiters.values)
      state.waiters = [:]
      state.waiting = [:]
      return left
    }
    monitor.signalAll()
    for waiter in left { waiter.continuation.resume() }
  }

  /// False when there is nothing to wait for.
  private func enter(_ waiter: Waiter, as id: UInt64, isReady: () -> Bool) -> Bool {
    let (hasEntered, isEarliest) = monitor.withLock { state -> (Bool, Bool) in
      // A cancellation before this point did not find the waiter; one after it does.
      guard !state.isClosed, !Task.isCancelled, !isReady() else { return (false, false) }
      state.waiters[id] = waiter
      for channel in waiter.channels { state.waiting[channel, default: []].append(id) }
      guard waiter.deadline < state.alarm else { return (true, false) }
      state.alarm = waiter.deadline
      return (true, true)
    }
    if isEarliest { monitor.signal() }
    return hasEntered
  }

  private static func take(_ id: UInt64, from state: inout State) -> Waiter? {
    guard let waiter = state.waiters.removeValue(forKey: id) else { return nil }
    for channel in waiter.channels {
      state.waiting[channel]?.removeAll { $0 == id }
      if state.waiting[channel]?.isEmpty == true { state.waiting[channel] = nil }
    }
    return waiter
  }

  /// The thread that ends waits that have lasted long enough.
  private static func watch(_ monitor: Monitor<State>) {
    while true {
      let late: [Waiter]? = monitor.wait { state in
        if state.isClosed { return .done(nil) }
        let now = monotonicMicroseconds()
        guard state.alarm <= now else {
          return state.alarm == .max ? .wait : .waitUntil(state.alarm)
        }
        let ids = state.waiters.filter { $0.value.deadline <= now }.keys
        let late = ids.compactMap { take($0, from: &state) }
        state.alarm = state.waiters.values.map(\.deadline).min() ?? .max
        return .done(late)
      }
      guard let late else { return }
      for waiter in late { waiter.continuation.resume() }
    }
  }
}
