internal import Glibc
internal import SystemAdapter

// `bench [WORKLOAD…]`: without names, all of them. Each prints one line of JSON.
let names = Array(CommandLine.arguments.dropFirst())
exit(MainThread.run { await Bench.run(names) })
