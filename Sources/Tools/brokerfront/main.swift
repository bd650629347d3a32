internal import CLinux
internal import Domain
internal import Glibc
internal import SystemAdapter

// brokerfront PORT BROKER_HOST BROKER_PORT [--waiting]: listens on loopback in front of a broker of
// the tests. With --waiting fetches wait here for records.

func address(_ host: String, _ text: String) -> millrace_address? {
  guard let port = UInt16(text) else { return nil }
  var address = millrace_address()
  return millrace_address_parse(host, port, &address) == 1 ? address : nil
}

func fail(_ text: String, _ code: Int32) -> Never {
  let line = [UInt8]("brokerfront: \(text)\n".utf8)
  _ = write(2, line, line.count)
  exit(code)
}

let words = CommandLine.arguments
let isWaiting = words.last == "--waiting"
guard words.count == (isWaiting ? 5 : 4), let listen = address("127.0.0.1", words[1]),
  let broker = address(words[2], words[3])
else { fail("say PORT BROKER_HOST BROKER_PORT [--waiting]", 2) }
guard let loop = try? EventLoop(name: "front") else { fail("no loop can be made", 1) }
loop.start()
nonisolated(unsafe) var front: Front?
/// Whoever was killed to make room may hold the port for a moment longer.
@Sendable func openFront(triesLeft: Int) {
  front = Front(listen, broker: broker, named: words[2], isWaiting: isWaiting, on: loop)
  guard front == nil else { return }
  guard triesLeft > 0 else { fail("cannot listen on port \(words[1])", 1) }
  retry = LoopTimer(on: loop) { _ in openFront(triesLeft: triesLeft - 1) }
  retry?.set(to: SystemTime(on: loop).uptime() + .milliseconds(25))
}

nonisolated(unsafe) var retry: LoopTimer?
loop.perform { openFront(triesLeft: 200) }
while true { pause() }
