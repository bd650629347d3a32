import Domain
import Ports
import ServiceKit
import SimulationKit

extension ProcessEnvironment {
  /// What a service is given of this process.
  var service: ServiceContext {
    ServiceContext(
      process: ProcessID(at: time.now(), random: randomness.next), time: time,
      randomness: randomness, spawner: spawner, telemetry: telemetry, probe: probe)
  }
}

extension HTTPResponse {
  /// The body when it is JSON that was known at once.
  var json: Value? {
    guard case .bytes(let bytes) = body else { return nil }
    return try? Value(json: bytes)
  }
}

extension Value {
  /// A member of an object, or an element of an array.
  subscript(name: String) -> Value? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  subscript(place: Int) -> Value? {
    if case .array(let items) = self, items.indices.contains(place) { items[place] } else { nil }
  }
}
