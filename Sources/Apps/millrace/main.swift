internal import Composition
internal import Glibc
internal import SystemAdapter

// The words come before anything else is started: an unknown verb costs nothing.
if ["dev", "serve"].contains(CommandLine.arguments.dropFirst().first) {
  DevServer.prepareProcess()
}
exit(
  MainThread.run {
    let arguments = Array(CommandLine.arguments.dropFirst())
    return await Program(environment: ProcessEnvironment.current).run(arguments).rawValue
  })
