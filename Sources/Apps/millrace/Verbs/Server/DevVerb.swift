internal import Composition
internal import Domain
internal import Glibc
internal import Ports

/// The whole platform in one process.
enum DevVerb {
  static let verb = Verb(
    "dev", "Run the whole platform in this process",
    options: [
      .init("data", value: "DIR", "keep everything in this folder (default: in memory)"),
      .init("port", value: "PORT", "listen here (default: 7700; 0 picks one)"),
      .init("host", value: "ADDRESS", "listen on this address (default: 127.0.0.1)"),
      .init("slots", value: "N", "tasks that run at once (default: 2 for each core)"),
    ] + ServerOptions.tasks + [
      NotifyVerbs.mailServer, NotifyVerbs.mailFrom, NotifyVerbs.retry,
      ServerOptions.log("warning"),
    ] + ServerOptions.telemetry,
    examples: ["millrace dev", "millrace dev --data ./millrace-data --port 0"]
  ) { asked in
    let call = try Settings(asked).call
    var configuration = DevConfiguration()
    configuration.dataDirectory = call.value("data")
    configuration.sample = SampleWorkflow.text(named: "hello")
    configuration.host = call.value("host") ?? configuration.host
    configuration.port = try call.number("port", default: configuration.port, in: 0...65_535)
    let cores = max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1)
    configuration.slots = try call.number("slots", default: 2 * cores, in: 1...10_000)
    configuration.tasks = try ServerOptions.tasks(call)
    configuration.egress = try ServerOptions.egress(call, from: configuration.egress)
    configuration.observation = try ServerOptions.observation(
      call, from: configuration.observation)
    configuration.mailServer = call.value("mail")
    configuration.mailFrom = call.value("mail-from") ?? configuration.mailFrom
    configuration.retryWaits = try ServerOptions.retryWaits(call)
    do throws(StartFailure) {
      let server = try await DevServer.start(configuration)
      let file = ServerFile(url: server.url, token: server.token)
      let isWritten = write(file, call.environment)
      Terminal.line(banner(server, configuration, isWritten ? call.environment : nil))
      await server.runUntilStopped()
      file.remove(call.environment)
      return .ok
    } catch {
      throw Failure(.failed, error.what, hint: error.hint)
    }
  }

  /// Without the file the server runs all the same, but only who knows the token can use it.
  private static func write(_ file: ServerFile, _ environment: ProcessEnvironment) -> Bool {
    do {
      try file.write(environment)
      return true
    } catch {
      let why = (error as? Failure)?.what ?? "\(error)"
      Terminal.note("warning: \(why); the client will not find this server by itself")
      return false
    }
  }

  private static func banner(
    _ server: DevServer, _ configuration: DevConfiguration, _ environment: ProcessEnvironment?
  ) -> String {
    let token = environment.map { "is in \(ServerFile.path($0))" } ?? "is \(server.token)"
    let place = configuration.dataDirectory.map { "in \($0)" } ?? "in memory (lost on exit)"
    return """
      Millrace \(Program.version)
        API     \(server.url)/v1
        health  \(server.url)/healthz
        metrics \(server.url)/metrics
        data    \(place)
        worker  \(configuration.slots) slots, processes contained by \(server.containment)
        notify  webhooks, mail and http tasks may go to this machine: for development only
      signed in as \(server.user) in namespace default; the token \(token)
      sample workflow hello applied: millrace run start hello --watch
      """
  }
}
