import Domain
import Testing

@Suite struct DurationTextTests {
  @Test(arguments: [
    ("250ms", Duration.milliseconds(250)), ("30s", .seconds(30)), ("5m", .seconds(300)),
    ("2h", .seconds(7_200)), ("1d", .seconds(86_400)), ("0s", .zero), ("007s", .seconds(7)),
    ("9999999999999ms", .milliseconds(9_999_999_999_999)),
  ])
  func `reads a whole number and a unit`(_ text: String, _ duration: Duration) {
    #expect(DurationText.duration(text) == duration)
  }

  @Test(arguments: [
    "", "s", "10", "1h30m", "1.5h", "-1s", "+1s", " 1s", "1s ", "1 s", "1S", "1w", "1µs", "١s",
    "1e3s", "99999999999999s", "9999999999999d", "none",
  ])
  func `refuses everything else`(_ text: String) {
    #expect(DurationText.duration(text) == nil)
  }

  @Test(arguments: [
    ("1d", 86_400_000), ("36h", 129_600_000), ("90m", 5_400_000), ("90s", 90_000), ("1m", 60_000),
    ("1500ms", 1_500), ("0s", 0), ("1ms", 1),
  ])
  func `prints with the largest unit that loses nothing, and reads that back`(
    _ text: String, _ milliseconds: Int
  ) {
    let duration = Duration.milliseconds(milliseconds)
    #expect(DurationText.text(of: duration) == text)
    #expect(DurationText.duration(text) == duration)
  }

  @Test func `what a document cannot have is rounded up or nothing`() {
    #expect(DurationText.text(of: .microseconds(1)) == "1ms")
    #expect(DurationText.text(of: .milliseconds(-5)) == "0s")
  }
}
