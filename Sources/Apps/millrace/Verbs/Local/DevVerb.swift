internal import Composition
internal import Domain

/// The whole platform in one process.
enum DevVerb {
  static let verb = Verb(
    "dev", "Run the whole platform in this process",
    options: [
      .init("data", value: "DIR", "keep everything in this folder (default: in memory)"),
      .init("port", value: "PORT", "listen here (default: 7700; 0 picks one)"),
      .init("host", value: "ADDRESS", "listen on this address (default: 127.0.0.1)"),
      .init("slots", value: "N", "tasks that run at once (default: 2 for each core)"),
      .init("log", value: "LEVEL", "debug, info, warning or error (default: warning)"),
    ],
    examples: ["millrace dev", "millrace dev --data ./millrace-data --port 0"]
  ) { call in
    var configuration = DevConfiguration()
    configuration.dataDirectory = call.value("data")
    configuration.sample = SampleWorkflow.text(named: "hello")
    configuration.host = call.value("host") ?? configuration.host
    configuration.port = try call.number("port", default: configuration.port, in: 0...65_535)
    configuration.slots = try call.number("slots", default: configuration.slots, in: 1...10_000)
    if let level = call.value("log") { configuration.logLevel = level }
    do throws(DevFailure) {
      let server = try await DevServer.start(configuration)
      let file = ServerFile(url: server.url, token: server.token)
      try? file.write(call.environment)
      Terminal.line(
        banner(server, configuration, ServerFile.path(call.environment)))
      await server.runUntilStopped()
      return .ok
    } catch {
      throw Failure(.failed, error.what, hint: error.hint)
    }
  }

  private static func banner(
    _ server: DevServer, _ configuration: DevConfiguration, _ file: String
  ) -> String {
    let place = configuration.dataDirectory.map { "in \($0)" } ?? "in memory (lost on exit)"
    return """
      Millrace \(Program.version)
        API     \(server.url)/v1
        health  \(server.url)/healthz
        data    \(place)
        worker  \(configuration.slots) slots, processes contained by \(server.containment)
      signed in as \(server.user) in namespace default; the token is in \(file)
      sample workflow hello applied: millrace run start hello --watch
      """
  }
}
