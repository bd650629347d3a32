internal import CLinux

/// What a descriptor is ready for.
public struct Readiness: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  public static let readable = Readiness(rawValue: millrace_event_readable)
  public static let writable = Readiness(rawValue: millrace_event_writable)
  /// The peer has closed its sending side; there may still be bytes to read.
  public static let peerClosed = Readiness(rawValue: millrace_event_peer_closed)
  /// The descriptor is broken or both sides are closed. Reported without being asked for.
  public static let failed = Readiness(
    rawValue: millrace_event_error | millrace_event_hung_up)
}

/// When a watch reports.
public enum WatchTrigger: Hashable, Sendable {
  /// As long as the descriptor is ready.
  case level
  /// When the descriptor becomes ready: whoever is told reads or writes until it would block.
  case edge
}

/// A descriptor that a loop looks at. Confined to the loop: every call is made on its thread.
///
/// The loop keeps the watch until `cancel`, which comes before the descriptor is closed.
public final class Watch {
  public let descriptor: Int32
  private let loop: EventLoop
  private let trigger: WatchTrigger
  private let action: (Readiness) -> Void
  fileprivate var token: UInt64 = 0

  fileprivate init(
    _ descriptor: Int32, on loop: EventLoop, trigger: WatchTrigger,
    _ action: @escaping (Readiness) -> Void
  ) {
    self.descriptor = descriptor
    self.loop = loop
    self.trigger = trigger
    self.action = action
  }

  /// Changes what is reported.
  public func change(to interest: Readiness) throws(LoopError) {
    loop.checkIsolated()
    guard token != 0 else { throw .cancelled }
    let code = millrace_epoll_change(loop.epoll, descriptor, events(interest), token)
    guard code == 0 else { throw .system(code) }
  }

  /// Ends the watch: nothing is reported from now on, not even what was found in the same turn.
  public func cancel() {
    loop.checkIsolated()
    guard token != 0 else { return }
    _ = millrace_epoll_remove(loop.epoll, descriptor)
    loop.watches.remove(token)
    token = 0
  }

  func handle(_ readiness: Readiness) {
    action(readiness)
  }

  fileprivate func events(_ interest: Readiness) -> UInt32 {
    trigger == .edge ? interest.rawValue | millrace_event_edge : interest.rawValue
  }
}

extension EventLoop {
  /// Reports on a descriptor until the watch is cancelled. Called on the loop; a descriptor has one
  /// watch at a time.
  ///
  /// - Throws: `.system` when the descriptor is closed, is a plain file, or is watched already.
  public func watch(
    _ descriptor: Int32, for interest: Readiness, trigger: WatchTrigger = .level,
    _ action: @escaping (Readiness) -> Void
  ) throws(LoopError) -> Watch {
    checkIsolated()
    let watch = Watch(descriptor, on: self, trigger: trigger, action)
    watch.token = watches.insert(watch)
    let code = millrace_epoll_add(epoll, descriptor, watch.events(interest), watch.token)
    guard code == 0 else {
      watches.remove(watch.token)
      watch.token = 0
      throw .system(code)
    }
    return watch
  }
}

/// The watches of a loop by token. A token is never given twice, so that an event found before its
/// descriptor was closed cannot reach the next owner of the number.
struct WatchTable {
  private var slots: [Watch?] = []
  private var generations: [UInt32] = []
  private var free: [Int] = []

  mutating func insert(_ watch: Watch) -> UInt64 {
    let slot: Int
    if let last = free.popLast() {
      slot = last
      slots[slot] = watch
    } else {
      slot = slots.count
      slots.append(watch)
      generations.append(0)
    }
    return UInt64(generations[slot]) << 32 | UInt64(slot + 1)
  }

  mutating func remove(_ token: UInt64) {
    guard let slot = slot(of: token) else { return }
    slots[slot] = nil
    generations[slot] &+= 1
    free.append(slot)
  }

  subscript(token: UInt64) -> Watch? {
    slot(of: token).flatMap { slots[$0] }
  }

  private func slot(of token: UInt64) -> Int? {
    let slot = Int(token & 0xffff_ffff) - 1
    guard slots.indices.contains(slot), UInt64(generations[slot]) == token >> 32 else { return nil }
    return slot
  }
}
