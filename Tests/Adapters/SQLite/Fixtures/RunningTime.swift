import Ports
import SystemAdapter

/// The system's clocks on a loop that runs as long as the tests do.
enum RunningTime {
  static let time: any Time = {
    guard let loop = try? EventLoop(name: "test-time") else {
      preconditionFailure("the system refused an event loop")
    }
    loop.start()
    return SystemTime(on: loop)
  }()
}
