import Domain
import Glibc
import Ports
import SystemAdapter
import Testing

@Suite struct StandardErrorTelemetryTests {
  @Test func `a line is one JSON object whatever its fields hold`() throws {
    let pipe = try Pipe()
    let telemetry = StandardErrorTelemetry(descriptor: pipe.writing)
    telemetry.log(.debug, "not written", [])
    telemetry.log(.error, "it \"broke\"", [("path", "a\\b\nc\u{1b}[31m"), ("name", "é")])
    let line = pipe.read()
    let expected = #""level":"error","msg":"it \"broke\"","path":"a\\b\nc\u001b[31m","name":"é"}"#
    #expect(line.dropFirst(33) == expected + "\n")
    #expect(line.wholeMatch(of: /\{"ts":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",.*\n/) != nil)
  }

  /// Goal: a reader that does not read holds nobody up, and later learns what it missed.
  @Test func `a full pipe drops lines, counts them and says so`() throws {
    let pipe = try Pipe()
    let telemetry = StandardErrorTelemetry(descriptor: pipe.writing, backlogBytesMax: 8_192)
    let text = String(repeating: "x", count: 1_000)
    for _ in 0..<200 { telemetry.log(.info, text, []) }
    var output = pipe.read()
    telemetry.log(.info, "last", [])
    telemetry.flush()
    output += pipe.read()
    let lines = output.split(separator: "\n")
    let dropped = try #require(lines.first { $0.contains("log lines dropped") })
    let count = try #require(dropped.firstMatch(of: /"count":"(\d+)"/)).output.1
    #expect(Int(count) == 200 - (lines.count - 2))
    #expect(lines.last?.contains("last") == true)
    #expect(lines.allSatisfy { $0.hasPrefix("{\"ts\":") && $0.hasSuffix("}") })
  }

  @Test func `a closed reader is no reason to keep lines or to fail`() throws {
    signal(SIGPIPE, SIG_IGN)
    var ends: [Int32] = [0, 0]
    _ = pipe(&ends)
    close(ends[0])
    let telemetry = StandardErrorTelemetry(descriptor: ends[1])
    for _ in 0..<100 { telemetry.log(.info, "unread", []) }
    close(ends[1])
  }
}
