internal import Composition
internal import Glibc

// The words come before anything else is started: an unknown verb costs nothing.
if CommandLine.arguments.dropFirst().first == "dev" { DevServer.prepareProcess() }
let environment = ProcessEnvironment.current
let arguments = Array(CommandLine.arguments.dropFirst())
exit(await Program(environment: environment).run(arguments).rawValue)
