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
  }

  private let entries = Mutex(Entries())

  func register(_ name: String, _ handler: any RPCHandler) -> Int {
    entries.withLock { entries in
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
  }

  func next(_ name: String) -> (any RPCHandler)? {
    entries.withLock { entries in
      guard var service = entries.services[name], !service.handlers.isEmpty else { return nil }
      service.turn = (service.turn + 1) % service.handlers.count
      entries.services[name] = service
      return service.handlers[service.turn].handler
    }
  }
}
