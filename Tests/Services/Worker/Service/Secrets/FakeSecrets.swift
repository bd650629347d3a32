import Contracts
import Domain
import Ports
import Synchronization
import Wire

/// Who keeps secrets: gives out what a test puts into it.
final class FakeSecrets: RPCHandler {
  struct State {
    var values: SortedMap<String, String> = [:]
    /// Answers that fail before the next one that does not.
    var failures: [RPCError] = []
    var asked: [ResolveSecretsRequest] = []
  }

  private let state: Mutex<State>

  init(_ values: SortedMap<String, String>) {
    state = Mutex(State(values: values))
  }

  subscript<Part>(_ part: any WritableKeyPath<State, Part> & Sendable) -> Part {
    get { state.withLock { $0[keyPath: part] } }
    set { state.withLock { $0[keyPath: part] = newValue } }
  }

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    guard let message = try? ResolveSecretsRequest(decoding: request) else {
      throw RPCError(.invalidArgument, "no request")
    }
    let (failure, values) = state.withLock { state in
      state.asked.append(message)
      return (state.failures.isEmpty ? nil : state.failures.removeFirst(), state.values)
    }
    if let failure { throw failure }
    var response = ResolveSecretsResponse()
    for name in message.names {
      if let value = values[name] {
        response.secrets.append(ResolveSecretsResponse.Secret(name: name, value: value))
      } else {
        response.missing.append(name)
      }
    }
    return response.encoded()
  }
}
