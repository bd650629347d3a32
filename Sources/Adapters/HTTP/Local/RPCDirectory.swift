internal import Ports
internal import Synchronization

/// Who answers which service in this process; several take turns.
final class RPCDirectory: Sendable {
  private struct Service {
    var handlers: [(id: Int, handler: any RPCHandler)] = []
    var turn = 0
  }

  private struct Entries {
    var services: [String: Service] = [:]
    var nextID = 0
    /// Grows with every change.
    var version = 0
    var waiting: [Int: CheckedContinuation<Bool, Never>] = [:]
    /// Waits that were cancelled before they began.
    var cancelled: Set<Int> = []
  }

  private let entries = Mutex(Entries())

  func register(_ name: String, _ handler: any RPCHandler) -> Int {
    defer { touch() }
    return entries.withLock { entries in
      entries.nextID += 1
      entries.services[name, default: Service()].handlers.append((entries.nextID, handler))
      return entries.nextID
    }
  }

  func remove(_ name: String, _ id: Int) {
    entries.withLock { entries in
      entries.services[name]?.handlers.removeAll { $0.id == id }
      if entries.services[name]?.handlers.isEmpty == true { entries.services[name] = nil }
    }
    touch()
  }

  func next(_ name: String) -> (any RPCHandler)? {
    entries.withLock { entries in
      guard var service = entries.services[name], !service.handlers.isEmpty else { return nil }
      service.turn = (service.turn + 1) % service.handlers.count
      entries.services[name] = service
      return service.handlers[service.turn].handler
    }
  }

  func serves(_ name: String) -> Bool {
    entries.withLock { $0.services[name] != nil }
  }

  // MARK: - Changes

  var version: Int { entries.withLock { $0.version } }

  /// Lets everyone look again.
  func touch() {
    let waiting = entries.withLock { entries in
      entries.version += 1
      defer { entries.waiting = [:] }
      return entries.waiting
    }
    for continuation in waiting.values { continuation.resume(returning: true) }
  }

  /// Returns when something has changed since that version; false when the task was cancelled.
  func changed(since version: Int) async -> Bool {
    let id = entries.withLock { entries in
      entries.nextID += 1
      return entries.nextID
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer = entries.withLock { entries -> Bool? in
          if entries.cancelled.remove(id) != nil { return false }
          if entries.version != version { return true }
          entries.waiting[id] = continuation
          return nil
        }
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      let waiting = entries.withLock { entries in
        let waiting = entries.waiting.removeValue(forKey: id)
        if waiting == nil, entries.version == version { entries.cancelled.insert(id) }
        return waiting
      }
      waiting?.resume(returning: false)
    }
  }
}
