internal import Ports
internal import Synchronization
internal import Wire

/// `grpc.health.v1.Health`: whether the services of an address are served.
final class HealthService: Sendable {
  static let name = "grpc.health.v1.Health"

  private enum Status: Int32 {
    case serving = 1
    case notServing = 2
    case serviceUnknown = 3
  }

  private let services: [String]
  private let directory: RPCDirectory
  private let isEnding = Mutex(false)

  init(_ services: [String], _ directory: RPCDirectory) {
    self.services = services
    self.directory = directory
  }

  /// Says that the server takes no more calls, and ends the watches, which would never end.
  func end() {
    isEnding.withLock { $0 = true }
    directory.touch()
  }

  func answer(_ request: RPCRequest, to sink: any RPCSink) async throws(RPCError) {
    let service = try HealthService.service(try await request.messages.only())
    switch request.method {
    case "Check":
      guard let status = status(of: service) else {
        throw RPCError(.notFound, "there is no such service here")
      }
      try await sink.write(HealthService.message(status))
    case "Watch":
      try await watch(service, sink)
    default:
      throw RPCError(.unimplemented, "\(HealthService.name) has no method \(request.method)")
    }
  }

  private func watch(_ service: String, _ sink: any RPCSink) async throws(RPCError) {
    var told: Status?
    while true {
      let version = directory.version
      let status = status(of: service) ?? .serviceUnknown
      if status != told { try await sink.write(HealthService.message(status)) }
      told = status
      guard !isEnding.withLock({ $0 }) else {
        throw RPCError(.unavailable, "the server ends")
      }
      guard await directory.changed(since: version) else {
        throw RPCError(.cancelled, "the call was cancelled")
      }
    }
  }

  /// Nil for a service that this address does not offer; the empty name means the whole server.
  private func status(of service: String) -> Status? {
    if isEnding.withLock({ $0 }) { return .notServing }
    if service.isEmpty || service == HealthService.name { return .serving }
    guard services.contains(service) else { return nil }
    return directory.serves(service) ? .serving : .notServing
  }

  // MARK: - Messages

  private static func service(_ bytes: [UInt8]) throws(RPCError) -> String {
    do throws(WireError) {
      var service = ""
      var reader = try WireReader(bytes)
      while let tag = try reader.nextTag() {
        if tag == 10 { service = try reader.string() } else { try reader.skip(tag) }
      }
      return service
    } catch {
      throw RPCError(.invalidArgument, "the message is no HealthCheckRequest")
    }
  }

  private static func message(_ status: Status) -> [UInt8] {
    var writer = WireWriter()
    writer.int32(1, status.rawValue)
    return writer.bytes
  }
}
