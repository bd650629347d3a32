internal import Domain
internal import HTTPAdapter
internal import Ports

/// What containers ask of the process that they hold.
enum HealthVerb {
  private static let within: Duration = .seconds(2)

  static let verb = Verb(
    "healthcheck", "Say whether the server on this machine can do its work",
    options: [
      .init("port", value: "PORT", "where it listens (MILLRACE_PORT; default: 7700)"),
      .init("path", value: "PATH", "what is asked: /livez or /readyz (default: /readyz)"),
    ] + ServerOptions.tls,
    examples: ["millrace healthcheck --path /livez"]
  ) { call in
    let settings = try Settings(call).call
    let port = try settings.number("port", default: 7_700, in: 1...65_535)
    let path = settings.value("path") ?? "/readyz"
    guard ["/livez", "/readyz", "/healthz"].contains(path) else {
      throw Failure.usage("--path takes /livez or /readyz, not '\(path)'")
    }
    let files = try ServerOptions.tls(settings)
    let runtime: Runtime
    do {
      let keeper = try files.map { files in
        try TLSKeeper(
          TLSFiles(
            certificate: files.certificate, key: files.key, authority: files.authority),
          telemetry: SilentTelemetry())
      }
      runtime = try Runtime(trust: keeper.map(TLSTrust.init) ?? TLSTrust())
    } catch let failure as TLSFailure {
      throw Failure(.invalid, failure.description)
    }
    let url = "\(files == nil ? "http" : "https")://127.0.0.1:\(port)\(path)"
    return try await runtime.run {
      let answer: HTTPAnswer
      do throws(HTTPError) {
        answer = try await runtime.network.send(
          HTTPCall(method: "GET", url: url, timeout: within))
      } catch {
        throw Failure(.unreachable, "\(url) does not answer: \(error)")
      }
      guard answer.status == 200 else {
        throw Failure(.failed, "\(url) answers \(answer.status)", hint: "its log says why")
      }
      return .ok
    }
  }
}
