internal import Ports

/// Why work on the engine came to nothing.
enum EngineError: Error {
  /// Something that the work relied on has changed. Rolled back.
  case conflict
  /// The work can never succeed. Rolled back.
  case refused(String)
  /// SQLite failed. Rolled back.
  case failed(SQLiteFailure)
  /// Not even tried: too much waits, or the engine is closed.
  case unavailable(String)
  /// The COMMIT itself failed, so that the file may or may not hold the work.
  case outcomeUnknown

  /// - Throws: `.refused` when there is a fault.
  static func refuse(_ fault: String?) throws(EngineError) {
    if let fault { throw .refused(fault) }
  }
}

extension SQLiteEngine {
  /// The error in the words of the port.
  func storeError(_ error: EngineError) -> StoreError {
    switch error {
    case .conflict: .conflict
    case .refused(let message): .refused(message)
    case .failed(let failure): .unavailable(failure.explained(file: path))
    case .unavailable(let message): .unavailable(message)
    case .outcomeUnknown: .outcomeUnknown
    }
  }

  /// The error in the words of the port. Nothing on the bus conflicts.
  func busError(_ error: EngineError) -> BusError {
    switch error {
    case .conflict: .unavailable("the log changed meanwhile")
    case .refused(let message): .refused(message)
    case .failed(let failure): .unavailable(failure.explained(file: path))
    case .unavailable(let message): .unavailable(message)
    case .outcomeUnknown: .outcomeUnknown
    }
  }
}
