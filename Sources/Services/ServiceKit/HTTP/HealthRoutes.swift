internal import Domain
internal import Ports

/// The public routes: whether the process lives and takes requests. They tell nothing else.
public enum HealthRoutes {
  public static let all: [Route] = ["/livez", "/readyz", "/healthz"].map { path in
    Route("GET", path, .anyone) { _ throws(Problem) in
      .json(.object(["status": .string("ok")]))
    }
  }
}
