import ExecutorsAdapter
import Ports
import Testing

@testable import Composition

struct TaskSettingsTests {
  @Test func `limits are mebibytes and counts`() throws {
    var settings = TaskSettings()
    #expect(settings.limits.memoryBytesMax == nil)
    settings.memoryMebibytesMax = 64
    settings.fileMebibytesMax = 2
    settings.processesMax = 100
    try settings.check()
    #expect(settings.limits.memoryBytesMax == 67_108_864)
    #expect(settings.limits.fileBytesMax == 2_097_152)
    #expect(settings.limits.processesMax == 100)
  }

  @Test func `limits of no use are refused before anything starts`() {
    for change: (inout TaskSettings) -> Void in [
      { $0.memoryMebibytesMax = 15 }, { $0.fileMebibytesMax = 0 }, { $0.processesMax = -1 },
    ] {
      var dev = DevConfiguration()
      change(&dev.tasks)
      #expect(throws: StartFailure.self) { try dev.check() }
    }
  }

  @Test func `an operator adds ranges and ports`() throws {
    let rules = try EgressRules.reading(
      ranges: ["10.1.0.0/16", "fd00::/8"], ports: ["8080", "9000-9001"], from: .public)
    let near = try #require(IPAddress("10.1.2.3"))
    #expect(rules.allows(near, port: 8_080) && rules.allows(near, port: 443))
    #expect(rules.allows(near, port: 9_001) && !rules.allows(near, port: 9_002))
    let other = try #require(IPAddress("10.2.0.1"))
    #expect(!rules.allows(other, port: 443))
  }

  @Test(arguments: ["", "10.0.0.0/33", "10.0.0/8", "localhost", "0.0.0.0/0/0"])
  func `what is no range is refused`(text: String) {
    #expect(throws: StartFailure.self) {
      try EgressRules.reading(ranges: [text], ports: [], from: .public)
    }
  }

  @Test(arguments: ["", "0", "65536", "80-", "-80", "90-80", "1-2-3", "http"])
  func `what is no port is refused`(text: String) {
    #expect(throws: StartFailure.self) {
      try EgressRules.reading(ranges: [], ports: [text], from: .public)
    }
  }
}
