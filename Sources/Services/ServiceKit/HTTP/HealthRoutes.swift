internal import Domain
internal import Ports

/// The public routes: whether the process lives, and whether it can do its work. They tell nothing
/// else.
public enum HealthRoutes {
  /// Of a process that needs nothing but itself.
  public static let all: [Route] = alive + [ok("/readyz")]

  /// `/readyz` answers 503 while something that the process needs is away.
  public static func all(_ health: HealthWatch) -> [Route] {
    alive + [
      Route("GET", "/readyz", .anyone) { _ throws(Problem) in
        let missing = await health.missing()
        guard missing.isEmpty else {
          throw Problem(
            503, "not-ready", "waits for \(missing.joined(separator: ", ")); the log says why",
            fields: [HTTPField("Retry-After", "5")])
        }
        return .json(.object(["status": .string("ok")]))
      }.direct
    ]
  }

  private static let alive: [Route] = [ok("/livez"), ok("/healthz")]

  private static func ok(_ path: String) -> Route {
    Route("GET", path, .anyone) { _ throws(Problem) in
      .json(.object(["status": .string("ok")]))
    }.direct
  }
}
