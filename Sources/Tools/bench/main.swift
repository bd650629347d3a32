internal import Glibc
internal import SystemAdapter

// `bench drive WORKLOAD|warm-up URL TOKEN`: one workload against an installation that runs
// (scripts/bench.py starts it and looks at its processes).
// `bench embedded [--data DIR] [WORKLOAD…]`: one process with everything in it; without names, all
// workloads. Each prints one line of JSON to standard output. Exit code 0: all limits hold; 1: a
// limit is broken or something failed; 2: the command line is wrong. `--one` measures in this
// process.
// `bench serve`: answers HTTP and remote calls until it is stopped, for measuring from outside.
var names = Array(CommandLine.arguments.dropFirst())
if names == ["serve"] {
  SignalSource.block()
  exit(MainThread.run { await WireServer.run() })
}
if names.count == 4, names[0] == "drive" {
  let (workload, url, token) = (names[1], names[2], names[3])
  exit(MainThread.run { await Measured.run(workload, url: url, token: token) })
}
guard names.first == "embedded" else {
  Output.say("bench: say embedded, drive or serve")
  exit(2)
}
names.removeFirst()
var bench = Bench(directory: access(".build", W_OK) == 0 ? ".build/bench-data" : "/var/tmp")
if names.first == "--data" {
  guard names.count > 1 else {
    Output.say("bench: --data needs a directory")
    exit(2)
  }
  bench.directory = names[1]
  names.removeFirst(2)
}
let isOne = names.first == "--one"
if isOne { names.removeFirst() }
let unknown = names.filter { Workload.named($0).isEmpty }
guard unknown.isEmpty, !isOne || names.count == 1 else {
  let known = (Workload.all + Workload.onRequest).map(\.name).joined(separator: ", ")
  Output.say("bench: unknown \(unknown.joined(separator: ", ")); known are \(known)")
  exit(2)
}
let workloads = names.isEmpty ? Workload.all : names.flatMap { Workload.named($0) }
if isOne, let workload = workloads.first {
  let ready = bench
  exit(MainThread.run { await ready.measure(workload) })
}
exit(bench.run(workloads))
