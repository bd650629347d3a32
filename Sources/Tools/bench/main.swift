internal import Glibc
internal import SystemAdapter

// `bench [WORKLOAD…]`: without names, all of them. Each prints one line of JSON.
// `bench serve`: answers HTTP and remote calls until it is stopped, for measuring from outside.
let names = Array(CommandLine.arguments.dropFirst())
if names == ["serve"] {
  SignalSource.block()
  exit(MainThread.run { await WireServer.run() })
}
exit(MainThread.run { await Bench.run(names) })
